"""The curl of psi from dense Jacobians."""

from __future__ import annotations

from jax import Array, lax

from bench_core.score.jax._network import Parameters, jacobian_of


def curl_dense(y: Array, v: Array, parameters: Parameters, chunk: int) -> Array:
    """``|J - J^T|_F^2`` of every sample, J the Jacobian of psi, formed; the probes v are not used.

    A few samples are taken at a time.

    y, v (B, d), parameters of psi as in ``psi``, chunk the numbers of Jacobians that are held at once. Returns (B,).
    Cost: the hidden layers forward and d rows of each Jacobian, 2B (d+1) (dH + (L-1)H^2) FLOPs. Raises ``TypeError``
    (JAX) where shapes do not fit. Source: the definition.
    """

    def asymmetry(data: Array) -> Array:
        jacobian = jacobian_of(data, parameters)
        return ((jacobian - jacobian.T) ** 2).sum()

    return lax.map(asymmetry, y, batch_size=max(1, chunk // y.shape[1] ** 2))
