"""jaxopt's linear solvers."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

from jax import Array

from bench_core.implicit.jax._batch import Solution
from bench_core.implicit.jax._peer import each, only_numbers, tune
from bench_core.implicit.operator import Operator
from bench_core.implicit.settings import KEPT, MOST, Stop
from bench_core.implicit.tuning import Prepared

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)  # it is no longer maintained, and says so
    from jaxopt.linear_solve import solve_bicgstab, solve_gmres, solve_normal_cg

SOLVERS: dict[str, Callable[..., Array]] = {
    "bicgstab": solve_bicgstab,
    "gmres": solve_gmres,
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
    repeated where it must be. As one system they have one step length, one basis and one stop for the batch; vmapped,
    all samples go on until the last one is done, as ours do.

    v (B, D), rtol the library's relative tolerance (tol), more its settings for GMRES: see ``prepare``; maxiter its
    limit on the iterations, which costs nothing and is the suite's. Cost: the library's. Raises ``TypeError`` (JAX)
    where shapes do not fit. Source: jaxopt, ``jaxopt.linear_solve``, which calls ``jax.scipy.sparse.linalg``.
    """

    def solve(system: Operator[Array], right: Array) -> Array:
        return SOLVERS[solver](lambda w: w - system.vjp(w), right, tol=rtol, maxiter=maxiter, **more)

    return Solution(only_numbers(each(solve, operator, v) if vmapped else solve(operator, v), v))


def prepare(operator: Operator[Array], v: Array, stop: Stop, *, solver: str, vmapped: bool = False) -> Prepared:
    """The loosest tolerance that reaches ``stop.tol``; of GMRES our restart, and the ``solve_method`` that its
    documentation recommends: the one that can stop within a cycle, except on a GPU, where it has "much less overhead"
    without.
    """
    more: dict[str, Any] = {}
    if solver == "gmres":
        on_cpu = next(iter(v.devices())).platform == "cpu"
        more = {"restart": KEPT, "solve_method": "incremental" if on_cpu else "batched"}
    asked: dict[str, Any] = {"solver": solver, "vmapped": vmapped, **more}
    rtol, looser = tune(lambda operator, v, rtol: jaxopt(operator, v, rtol=rtol, **asked).w, operator, v, stop.tol)
    return Prepared({}, {"rtol": rtol, **more}, looser)
