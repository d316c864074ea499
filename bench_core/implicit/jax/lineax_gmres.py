"""lineax's GMRES."""

from __future__ import annotations

from typing import Any

import jax
import lineax as lx
from jax import Array

from bench_core.implicit.jax._batch import Solution
from bench_core.implicit.jax._peer import tune


def prepare(operator: Any, v: Array, tol: float, most: int) -> dict[str, Array]:
    """The library's tolerance that reaches ``tol``."""
    return tune(lambda operator, v, rtol: lineax_gmres(operator, v, rtol, tol=tol, most=most).w, operator, v, tol)


def lineax_gmres(operator: Any, v: Array, rtol: Any, *, tol: float, most: int) -> Solution:
    """``J^T w = v`` for the whole batch as one system.

    v (B, D), rtol the library's relative tolerance, most the largest number of iterations. Cost: the library's. Raises
    ``TypeError`` (JAX) where shapes do not fit. Source: lineax, ``GMRES``.
    """
    system = lx.FunctionLinearOperator(lambda w: w - operator.vjp(w), jax.ShapeDtypeStruct(v.shape, v.dtype))
    solver = lx.GMRES(rtol=rtol, atol=0.0, max_steps=most)
    return Solution(lx.linear_solve(system, v, solver, throw=False).value)
