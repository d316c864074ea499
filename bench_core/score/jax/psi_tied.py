"""The denoising gradient of a network psi that is a gradient by construction: one hidden layer, tied readout."""

from __future__ import annotations

import jax
from jax import Array

from bench_core.score.jax._network import Parameters, denoising_loss


def psi_tied(x: Array, y: Array, parameters: Parameters, sigma: Array) -> tuple[Array, Parameters]:
    """Loss and gradient of one denoising step of the tied psi, by reverse mode.

    ``L = mean |x - y - sigma^2 g(y)|^2``, ``g(y) = W_0^T diag(q) s(W_0 y + b_0)``, s the swish: the gradient of
    ``sum_m q_m S(<w_m, y> + b_m)`` with ``S' = s``.

    x, y (B, d), parameters W0 (H, d), b0 (H,), q (H,), sigma the noise's standard deviation. Returns the loss and the
    gradients, named as the parameters. Cost: 2B 5dH FLOPs. Raises ``TypeError`` (JAX) where shapes do not fit. Source:
    Saremi 2019, eq. 2: theta1 = S theta0.
    """

    def loss(p: Parameters) -> Array:
        hidden = jax.nn.silu(y @ p["W0"].T + p["b0"])
        return denoising_loss(x, y, (p["q"] * hidden) @ p["W0"], sigma)

    return jax.value_and_grad(loss)(parameters)
