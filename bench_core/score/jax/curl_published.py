"""The curl of psi by one probe a sample, as a difference of two second moments."""

from __future__ import annotations

from jax import Array

from bench_core.score.jax._network import Parameters, products_of


def curl_published(y: Array, v: Array, parameters: Parameters) -> Array:
    """``2 (|J^T v|^2 - v^T J J v)`` of every sample, J the Jacobian of psi: unbiased for ``|J - J^T|_F^2``.

    For ``E v v^T = I``. The symmetric part of J cancels in expectation only: a psi that is nearly a gradient is seen
    through the noise of its whole Jacobian.

    y, v (B, d), parameters of psi as in ``psi``. Returns (B,). Cost: 1 jvp and 1 vjp, 2B (5dH + 3(L-1)H^2) FLOPs.
    Raises ``TypeError`` (JAX) where shapes do not fit. Source: Chao et al. 2022, the QCSBM regulariser.
    """
    forward, back = products_of(y, v, parameters)
    return 2 * (back * back - forward * back).sum(1)
