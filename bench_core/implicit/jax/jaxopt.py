"""jaxopt's linear solvers."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from functools import partial
from typing import Any

from jax import Array

from bench_core.implicit.jax._batch import Solution
from bench_core.implicit.jax._peer import each, only_numbers, prepare_solver
from bench_core.implicit.operator import Operator
from bench_core.implicit.settings import MOST, Stop
from bench_core.implicit.tuning import Prepared

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)  # it is no longer maintained, and says so
    from jaxopt.linear_solve import solve_bicgstab, solve_gmres, solve_normal_cg

SOLVERS: dict[str, Callable[..., Array]] = {
    "bicgstab": solve_bicgstab,
    "gmres": partial(solve_gmres, solve_method="batched"),
    "normal_cg": solve_normal_cg,
}


def jaxopt(
    operator: Operator[Array],
    v: Array,
    *,
    solver: str,
    rtol: Any,
    vmapped: bool = False,
    maxiter: int = MOST,
    **more: Any,
) -> Solution:
    """``J^T w = v``, from 0, for the whole batch as one system, or every sample by ``jax.vmap``.

    How it differs from ours: it stops by the residual relative to ``|v|`` (of the normal equations to ``|J v|``);
    BiCGStab stops after whole steps or in mid-step by the recurrence; GMRES orthogonalises by classical Gram-Schmidt,
    repeated where it must be, and stops after whole cycles only: its other form, which can stop within one, took 0.94
    to 1.9 times as long with 30 vectors (D = 400, B = 100, six cases, two AMD cores). As one system they have one step
    length, one basis and one stop for the batch; vmapped, all samples go on until the last one is done, as ours do. A
    sample that ends in no number has ``w = v``.

    v (B, D), rtol the library's relative tolerance (tol), more of GMRES the vectors of a cycle, ``restart``, and other
    settings, by default the library's; maxiter its limit on the iterations, of GMRES on the cycles, which costs nothing
    and is the suite's. Cost: the library's.
    Raises ``TypeError`` (JAX) where shapes do not fit. Source: jaxopt, ``jaxopt.linear_solve``, which calls
    ``jax.scipy.sparse.linalg``.
    """

    def solve(system: Operator[Array], right: Array) -> Array:
        return SOLVERS[solver](lambda w: w - system.vjp(w), right, tol=rtol, maxiter=maxiter, **more)

    return Solution(only_numbers(each(solve, operator, v) if vmapped else solve(operator, v), v))


def prepare(
    operator: Operator[Array], v: Array, stop: Stop, *, solver: str, vmapped: bool = False, **chosen: Any
) -> Prepared:
    """See ``_peer.prepare_solver``."""
    return prepare_solver(jaxopt, "maxiter", operator, v, stop, solver, vmapped, **chosen)
