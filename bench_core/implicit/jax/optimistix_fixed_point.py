"""optimistix's fixed-point iteration on the adjoint equation."""

from __future__ import annotations

from typing import Any

import optimistix as optx
from jax import Array

from bench_core.implicit.jax._batch import Solution
from bench_core.implicit.jax._peer import tune


def prepare(operator: Any, v: Array, tol: float, most: int) -> dict[str, Array]:
    """The library's tolerance that reaches ``tol``."""
    return tune(
        lambda operator, v, rtol: optimistix_fixed_point(operator, v, rtol, tol=tol, most=most).w, operator, v, tol
    )


def optimistix_fixed_point(operator: Any, v: Array, rtol: Any, *, tol: float, most: int) -> Solution:
    """``w = v + A^T w``, ``A = dT/du``, from v, for the whole batch as one vector.

    v (B, D), rtol the library's relative tolerance, most the largest number of iterations. Cost: the library's. Raises
    ``TypeError`` (JAX) where shapes do not fit. Source: optimistix, ``FixedPointIteration``.
    """
    solver = optx.FixedPointIteration(rtol=rtol, atol=0.0)
    found = optx.fixed_point(lambda w, _: v + operator.vjp(w), solver, v, max_steps=most, throw=False)
    return Solution(found.value)
