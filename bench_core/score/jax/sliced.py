"""The gradient of psi by sliced score matching."""

from __future__ import annotations

import jax
from jax import Array

from bench_core.score.jax._network import Parameters, trunk


def sliced(y: Array, v: Array, parameters: Parameters) -> tuple[Array, Parameters]:
    """Loss and gradient of one step of sliced score matching of psi, by reverse mode through forward mode.

    ``L = mean (v^T J v + |psi(y)|^2 / 2)``, J the Jacobian of psi at y, v one probe a sample. At the same noisy y its
    minimum is that of denoising, the score of the smoothed density, and it asks for no clean x. With z' the tangent of
    the hidden layers ``v^T J v = v^T V z' = (v V) . z'``: of ``v V`` reverse mode makes the gradient by z' without a
    product.

    y, v (B, d), parameters of psi as in ``psi``. Returns the loss and the gradients, named as the parameters. Cost: 2B
    (9dH + 6(L-1)H^2) FLOPs. Raises ``TypeError`` (JAX) where shapes do not fit. Source: Song et al. 2019 (SSM-VR).
    """

    def loss(p: Parameters) -> Array:
        hidden, tangent = jax.jvp(lambda data: trunk(data, p), (y,), (v,))
        g = hidden @ p["V"].T + p["c"]
        return (((v @ p["V"]) * tangent).sum() + (g * g).sum() / 2) / len(y)

    return jax.value_and_grad(loss)(parameters)
