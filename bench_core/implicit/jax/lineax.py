"""lineax's linear solvers."""

from __future__ import annotations

from typing import Any

import jax
import lineax as lx
from jax import Array

from bench_core.implicit.jax._batch import Solution
from bench_core.implicit.jax._peer import each, only_numbers, prepare_solver, typical
from bench_core.implicit.operator import Operator
from bench_core.implicit.settings import KEPT, MOST, Stop
from bench_core.implicit.tuning import Prepared


def lineax(
    operator: Operator[Array],
    v: Array,
    *,
    solver: str,
    rtol: Any,
    vmapped: bool = False,
    restart: int = KEPT,
    stabilise_every: int | None = 100,
    max_steps: int = MOST,
    **more: Any,
) -> Solution:
    """``J^T w = v``, from 0, for the whole batch as one system, or every sample by ``jax.vmap``.

    How it differs from ours: a solver stops when the largest entry of its residual and of its last change are both
    within ``atol + rtol |entry|`` of v and of w; BiCGStab stops after whole steps only; CG computes its residual anew
    now and then, and stops by that of the normal equations; GMRES stops after whole cycles only. In float32 BiCGStab
    takes a negative inner product for a breakdown, and ends there. As one system they have one step length, one basis
    and one stop for the batch; vmapped, all samples go on until the last one is done, as ours do. A sample that ends in
    no number has ``w = v``.

    v (B, D), rtol the library's relative tolerance; atol is as much in units of v's typical entry, for with 0 an entry
    near 0 would have to be exact; restart the vectors of a GMRES cycle; stabilise_every CG's iterations between two
    residuals computed anew (the library's default, 10, takes a tenth more time); max_steps the limit on the iterations,
    of GMRES on the cycles, which costs nothing and is the suite's; more the solver's other settings, by default the
    library's.
    Cost: the library's. Raises ``TypeError`` (JAX) where shapes do not fit. Source: lineax, ``BiCGStab``,
    ``GMRES``, ``Normal(CG)``.
    """

    def solve(system: Operator[Array], right: Array) -> Array:
        limits = {"rtol": rtol, "atol": rtol * typical(right), "max_steps": max_steps, **more}
        chosen = {
            "bicgstab": lambda: lx.BiCGStab(**limits),
            "gmres": lambda: lx.GMRES(**limits, restart=restart),
            "normal_cg": lambda: lx.Normal(lx.CG(**limits, stabilise_every=stabilise_every)),
        }[solver]()
        shape = jax.ShapeDtypeStruct(right.shape, right.dtype)
        linear = lx.FunctionLinearOperator(lambda w: w - system.vjp(w), shape)
        return lx.linear_solve(linear, right, chosen, throw=False).value

    return Solution(only_numbers(each(solve, operator, v) if vmapped else solve(operator, v), v))


def prepare(
    operator: Operator[Array], v: Array, stop: Stop, *, solver: str, vmapped: bool = False, **chosen: Any
) -> Prepared:
    """See ``_peer.prepare_solver``."""
    return prepare_solver(lineax, "max_steps", operator, v, stop, solver, vmapped, **chosen)
