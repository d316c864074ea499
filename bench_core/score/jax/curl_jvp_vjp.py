"""The curl of psi by one probe a sample: the asymmetry of the Jacobian itself, squared."""

from __future__ import annotations

from jax import Array

from bench_core.score.jax._network import Parameters, products_of


def curl_jvp_vjp(y: Array, v: Array, parameters: Parameters) -> Array:
    """``|J v - J^T v|^2`` of every sample, J the Jacobian of psi: unbiased for ``|J - J^T|_F^2``.

    For ``E v v^T = I``; relative spread about sqrt(2 / rank), whatever the asymmetry.

    y, v (B, d), parameters of psi as in ``psi``. Returns (B,). Cost: 1 jvp and 1 vjp, 2B (5dH + 3(L-1)H^2) FLOPs.
    Raises ``TypeError`` (JAX) where shapes do not fit. Source: Hutchinson 1990, on the asymmetry J - J^T.
    """
    forward, back = products_of(y, v, parameters)
    return ((forward - back) ** 2).sum(1)
