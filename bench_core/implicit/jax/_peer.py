"""What the libraries' adapters share: the search for their tolerance, its scale, and answers that are none."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
from jax import Array

from bench_core.implicit.jax._batch import allowance, norm
from bench_core.implicit.operator import Operator
from bench_core.implicit.tuning import find_loosest

Solve = Callable[[Operator[Array], Array, Any], Array]


def measure(solve: Solve, operator: Operator[Array], v: Array) -> Callable[..., float]:
    """Compiled once: the largest ``|v - J^T w| / |v|`` of a sample that ``solve`` reaches with a tolerance; less what
    its format holds of that if ``allowed``.
    """

    def residuals(arrays: dict[str, Array], v: Array, rtol: Array) -> tuple[Array, Array]:
        moving, size = operator.of(arrays), norm(v)
        w, size = solve(moving, v, rtol), jnp.where(size == 0, 1, size)
        found = norm(v - w + moving.vjp(w)) / size
        return found.max(), (found - allowance(norm(w), size)).max()

    compiled = jax.jit(residuals)
    return lambda rtol, allowed=False: float(compiled(operator.arrays, v, jnp.asarray(rtol, v.dtype))[allowed])


def tune(solve: Solve, operator: Operator[Array], v: Array, tol: float) -> float:
    """The loosest library tolerance for which every sample's ``|v - J^T w| / |v|`` is at most ``tol``, or within what
    its format holds of that where none is, as ours are stopped.
    """
    residual = measure(solve, operator, v)
    rtol = find_loosest(residual, tol)
    return rtol if residual(rtol) <= tol else find_loosest(lambda rtol: residual(rtol, allowed=True), tol)


def typical(x: Array) -> Array:
    """Root mean square of all entries, 1 where they are 0: what an absolute tolerance is given in units of."""
    size = jnp.sqrt((x * x).mean())
    return jnp.where(size == 0, 1, size)


def only_numbers(w: Array, v: Array) -> Array:
    """w; for a sample whose w is not finite v, from where libraries divide by a residual of zero: right for ``v = 0``
    and ``dT/du = 0``, else judged as any other.
    """
    return jnp.where(jnp.isfinite(w).all(1, keepdims=True), w, v)
