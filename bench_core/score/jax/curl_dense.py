"""The curl of psi from dense Jacobians."""

from __future__ import annotations

import jax
from jax import Array, lax

from bench_core.score.jax._network import Parameters, psi_of


def curl_dense(y: Array, v: Array, parameters: Parameters, chunk: int) -> Array:
    """``|J - J^T|_F^2`` of every sample, J the Jacobian of psi from d vjps; the probes v are not used.

    A few samples are taken at a time.

    y, v (B, d), parameters of psi as in ``psi``, chunk the numbers of Jacobians that are held at once. Returns (B,).
    Cost: d vjps, 2B (d+1) (2dH + (L-1)H^2) FLOPs. Raises ``TypeError`` (JAX) where shapes do not fit. Source: the
    definition.
    """

    def asymmetry(data: Array) -> Array:
        jacobian = jax.jacrev(lambda data: psi_of(data[None], parameters)[0])(data)
        return ((jacobian - jacobian.T) ** 2).sum()

    return lax.map(asymmetry, y, batch_size=max(1, chunk // y.shape[1] ** 2))
