"""jaxopt's conjugate gradients on the normal equations."""

from __future__ import annotations

import warnings
from typing import Any

from jax import Array

from bench_core.implicit.jax._batch import Solution
from bench_core.implicit.jax._peer import tune

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)  # it is no longer maintained, and says so
    from jaxopt.linear_solve import solve_normal_cg


def prepare(operator: Any, v: Array, tol: float, most: int) -> dict[str, Array]:
    """The library's tolerance that reaches ``tol``."""
    return tune(lambda operator, v, rtol: jaxopt_normal_cg(operator, v, rtol, tol=tol, most=most).w, operator, v, tol)


def jaxopt_normal_cg(operator: Any, v: Array, rtol: Any, *, tol: float, most: int) -> Solution:
    """``J^T w = v`` for the whole batch as one system.

    v (B, D), rtol the library's relative tolerance, most the largest number of iterations. Cost: the library's. Raises
    ``TypeError`` (JAX) where shapes do not fit. Source: jaxopt, ``linear_solve.solve_normal_cg``.
    """
    return Solution(solve_normal_cg(lambda w: w - operator.vjp(w), v, tol=rtol, maxiter=most))
