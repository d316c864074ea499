"""optimistix's fixed-point iteration on the adjoint equation."""

from __future__ import annotations

from typing import Any

import optimistix as optx
from jax import Array

from bench_core.implicit.jax._batch import Solution
from bench_core.implicit.jax._peer import each, only_numbers, tune, typical
from bench_core.implicit.operator import Operator
from bench_core.implicit.settings import MOST, Stop
from bench_core.implicit.tuning import Prepared


def optimistix(
    operator: Operator[Array], v: Array, *, rtol: Any, vmapped: bool = False, max_steps: int = MOST, **more: Any
) -> Solution:
    """``w = v + A^T w``, ``A = dT/du``, from v, for the whole batch as one vector, or every sample by ``jax.vmap``.

    How it differs from ours (``neumann``, the same series): it stops when the largest entry of the last change is
    within ``atol + rtol |entry|`` of w. As one vector there is one stop for the batch; vmapped, all samples go on until
    the last one is done, as ours do. A sample that ends in no number has ``w = v``.

    v (B, D), rtol the library's relative tolerance; atol is as much in units of v's typical entry, for with 0 an entry
    near 0 would have to be exact; max_steps the limit on the iterations, which costs nothing and is the suite's; more
    the solver's other settings, by default the library's. Cost: a vjp an iteration. Raises ``TypeError`` (JAX) where
    shapes do not fit. Source: optimistix, ``FixedPointIteration``.
    """

    def solve(system: Operator[Array], right: Array) -> Array:
        solver = optx.FixedPointIteration(rtol=rtol, atol=rtol * typical(right), **more)
        return optx.fixed_point(
            lambda w, _: right + system.vjp(w), solver, right, max_steps=max_steps, throw=False
        ).value

    return Solution(only_numbers(each(solve, operator, v) if vmapped else solve(operator, v), v))


def prepare(operator: Operator[Array], v: Array, stop: Stop, *, vmapped: bool = False, **chosen: Any) -> Prepared:
    """The loosest tolerance that reaches ``stop.tol``."""
    rtol, looser = tune(
        lambda operator, v, rtol: optimistix(operator, v, rtol=rtol, vmapped=vmapped, **chosen).w, operator, v, stop.tol
    )
    return Prepared({}, {"rtol": rtol}, looser)
