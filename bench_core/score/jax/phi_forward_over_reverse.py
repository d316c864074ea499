"""The denoising gradient of a network phi whose gradient is the score, without reverse mode through reverse mode."""

from __future__ import annotations

import jax
from jax import Array

from bench_core.score.jax._network import Parameters, phi_of


def phi_forward_over_reverse(x: Array, y: Array, parameters: Parameters, sigma: Array) -> tuple[Array, Parameters]:
    """Loss and gradient of one denoising step of grad phi: phi's parameter gradient, differentiated along the loss's.

    With ``r = x - y - sigma^2 grad phi(y)`` and ``e = -(2 sigma^2 / B) r``: ``dL = d/dt grad_theta phi(y + t e)`` at
    t = 0, because ``<grad phi, e>`` is the derivative of phi along e.

    x, y (B, d), parameters W0 (H, d), b0 (H,), W1 (H, H), ..., a (H,), sigma the noise's standard deviation. Returns
    the loss and the gradients, named as the parameters. Cost: 2B (5dH + 6(L-1)H^2) FLOPs once XLA has shared the two
    passes. Raises ``TypeError`` (JAX) where shapes do not fit. Source: Pearlmutter 1994, on the objective L(theta) of
    Saremi 2019.
    """
    rest = x - y - sigma**2 * jax.grad(phi_of)(y, parameters)
    direction = rest * (-2 * sigma**2 / x.shape[0])
    gradient = jax.grad(lambda p, data: phi_of(data, p))
    _, moved = jax.jvp(lambda data: gradient(parameters, data), (y,), (direction,))
    return (rest * rest).sum() / x.shape[0], moved
