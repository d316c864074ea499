"""The denoising gradient of a network phi whose gradient is the score, by double backpropagation."""

from __future__ import annotations

import jax
from jax import Array

from bench_core.score.jax._network import Parameters, denoising_loss, phi_of


def phi(x: Array, y: Array, parameters: Parameters, sigma: Array) -> tuple[Array, Parameters]:
    """Loss and gradient of one denoising step of grad phi, by reverse mode through reverse mode.

    ``L = mean |x - y - sigma^2 grad phi(y)|^2``, ``phi(y) = <a, s(W_{L-1} ... s(W_0 y + b_0) ...)>``, s the swish.

    x, y (B, d), parameters W0 (H, d), b0 (H,), W1 (H, H), ..., a (H,), sigma the noise's standard deviation. Returns
    the loss and the gradients, named as the parameters. Cost: 2B (5dH + 6(L-1)H^2) FLOPs. Raises ``TypeError`` (JAX)
    where shapes do not fit. Source: Saremi 2019, the objective L(theta) of phi networks.
    """

    def loss(p: Parameters) -> Array:
        return denoising_loss(x, y, jax.grad(phi_of)(y, p), sigma)

    return jax.value_and_grad(loss)(parameters)
