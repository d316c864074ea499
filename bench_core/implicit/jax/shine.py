"""The forward solve's quasi-Newton factors in the backward pass."""

from __future__ import annotations

import jax
import jax.numpy as jnp
from jax import Array

from bench_core.implicit.jax._batch import Solution, norm
from bench_core.implicit.jax.forward_broyden import solve
from bench_core.implicit.operator import Operator
from bench_core.implicit.settings import FALLBACK, KEPT, Stop
from bench_core.implicit.tuning import Prepared


def prepare(operator: Operator[Array], v: Array, stop: Stop, *, pairs: int = KEPT) -> Prepared:
    """What the forward solve by Broyden's method leaves behind, at most so many ``pairs``."""

    def factors(arrays: dict[str, Array]) -> dict[str, Array]:
        return solve(operator.of(arrays), jnp.zeros_like(v), stop, pairs)[1]._asdict()

    found = jax.jit(factors)(operator.arrays)
    taken = jnp.arange(1, pairs + 1) * (found["left"] != 0).any((1, 2))
    number = int(taken.max())  # places that no pair has taken, which are zeros, cost as much as pairs do
    return Prepared({name: array[:number] for name, array in found.items()}, {})


def shine(operator: Operator[Array], v: Array, left: Array, right: Array) -> Solution:
    """``w = H^T v`` with H the inverse Jacobian that Broyden's method has built on its way to the fixed point.

    With the paper's fallback: a sample whose w is longer than 1.3 |v| gets v, since a bad factor has blown it up.
    v (B, D), left and right (n, B, D) with ``H = I + sum_j left_j right_j^T``. Approximate, no bound. Cost: no
    product, 4 n B D FLOPs. Raises ``TypeError`` (JAX) where shapes do not fit. Source: Ramzi et al. 2022,
    sections 2 and 3.
    """
    weights = jnp.einsum("nbd,bd->bn", left, v, precision="highest")
    w = v + jnp.einsum("bn,nbd->bd", weights, right, precision="highest")
    return Solution(jnp.where(norm(w) > FALLBACK * norm(v), v, w))
