"""What the libraries' adapters share: the search for their tolerance, its scale, and answers that are none."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
from jax import Array

from bench_core.implicit.jax._batch import allowance, norm
from bench_core.implicit.operator import Operator
from bench_core.implicit.tuning import Tuned
from bench_core.implicit.tuning import tune as tune_to

Solve = Callable[[Operator[Array], Array, Any], Array]


def measure(solve: Solve, operator: Operator[Array], v: Array) -> Callable[[float], tuple[float, float]]:
    """Compiled once: the largest ``|v - J^T w| / |v|`` of a sample that ``solve`` reaches with a tolerance, and the
    same less what its format holds of that.
    """

    def residuals(arrays: dict[str, Array], v: Array, rtol: Array) -> tuple[Array, Array]:
        moving, size = operator.of(arrays), norm(v)
        w, size = solve(moving, v, rtol), jnp.where(size == 0, 1, size)
        found = norm(v - w + moving.vjp(w)) / size
        return found.max(), (found - allowance(norm(w), size)).max()

    compiled = jax.jit(residuals)

    def reached(rtol: float) -> tuple[float, float]:
        found, beyond = compiled(operator.arrays, v, jnp.asarray(rtol, v.dtype))
        return float(found), float(beyond)

    return reached


def tune(solve: Solve, operator: Operator[Array], v: Array, tol: float) -> Tuned:
    """See ``tuning.tune``: of what ``measure`` tells."""
    return tune_to(measure(solve, operator, v), tol)


def each(solve: Callable[[Operator[Array], Array], Array], operator: Operator[Array], v: Array) -> Array:
    """``solve`` of every sample as a batch of one, by ``jax.vmap``."""
    return jax.vmap(lambda i, right: solve(operator.sample(i), right[None])[0])(jnp.arange(len(v)), v)


def typical(x: Array) -> Array:
    """Root mean square of all entries, 1 where they are 0: what an absolute tolerance is given in units of."""
    size = jnp.sqrt((x * x).mean())
    return jnp.where(size == 0, 1, size)


def only_numbers(w: Array, v: Array) -> Array:
    """w; for a sample whose w is not finite v, from where libraries divide by a residual of zero: right for ``v = 0``
    and ``dT/du = 0``, else judged as any other.
    """
    return jnp.where(jnp.isfinite(w).all(1, keepdims=True), w, v)
