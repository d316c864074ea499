"""The denoising gradient of a network psi that is trained directly."""

from __future__ import annotations

import jax
from jax import Array

from bench_core.score.jax._network import Parameters, denoising_loss, psi_of


def psi(x: Array, y: Array, parameters: Parameters, sigma: Array) -> tuple[Array, Parameters]:
    """Loss and gradient of one denoising step of psi, by reverse mode.

    ``L = mean |x - y - sigma^2 psi(y)|^2``, ``psi(y) = V s(W_{L-1} ... s(W_0 y + b_0) ...) + c``, s the swish.

    x, y (B, d), parameters W0 (H, d), b0 (H,), W1 (H, H), ..., V (d, H), c (d,), sigma the noise's standard deviation.
    Returns the loss and the gradients, named as the parameters. Cost: 2B (5dH + 3(L-1)H^2) FLOPs. Raises ``TypeError``
    (JAX) where shapes do not fit. Source: Saremi 2019, the objective L[psi].
    """
    return jax.value_and_grad(lambda p: denoising_loss(x, y, psi_of(y, p), sigma))(parameters)
