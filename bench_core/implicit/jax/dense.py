"""The Jacobian formed and factorised."""

from __future__ import annotations

import jax.numpy as jnp
from jax import Array, lax

from bench_core.implicit.jax._batch import Solution
from bench_core.implicit.operator import Operator


def dense(operator: Operator[Array], v: Array, chunk: int) -> Solution:
    """``w = J^-T v``, ``J = I - dT/du`` of every sample formed and factorised by LU.

    v (B, D). So many samples at once as have ``chunk`` numbers in their Jacobians and divide the batch, one at least:
    what is left over would be factorised beside the others, see ``line_integral.jax._solve.kronecker``. Cost: (2/3) B
    D^3 FLOPs and what the Jacobians take, see ``Operator.jacobians``. Raises nothing: a singular J gives numbers that
    are not finite. Source: Wu Fung et al. 2022, eq. 14.
    """
    batch, dimension = v.shape
    most = max(1, min(batch, chunk // dimension**2))
    size = max(number for number in range(1, most + 1) if batch % number == 0)
    form, eye = operator.jacobians(), jnp.eye(dimension, dtype=v.dtype)

    def part(given: tuple[Array | int, Array]) -> Array:
        start, right = given
        return jnp.linalg.solve((eye - form(start, size)).mT, right[:, :, None])[:, :, 0]

    if size == batch:
        return Solution(part((0, v)))
    return Solution(lax.map(part, (jnp.arange(0, batch, size), v.reshape(-1, size, dimension))).reshape(v.shape))
