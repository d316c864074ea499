"""torchdeq's solvers on the adjoint equation."""

from __future__ import annotations

from collections.abc import Callable
from math import inf
from typing import Any

import torch
from torch import Tensor
from torchdeq.solver import anderson_solver, broyden_solver, fixed_point_iter

from bench_core.implicit.operator import Adjoint, Operator
from bench_core.implicit.settings import Stop
from bench_core.implicit.torch._batch import Solution
from bench_core.implicit.torch._peer import measure, nudged, only_numbers, tune
from bench_core.implicit.tuning import Prepared

SOLVERS: dict[str, Callable[..., Any]] = {
    "fixed_point": fixed_point_iter,
    "anderson": anderson_solver,
    "broyden": broyden_solver,
}
DEFAULT_ITERATIONS = 50  # the library's own max_iter
LAM = 1e-4  # and its own lam
# Pairs that are tried for Broyden's method. On two AMD cores (family 25 model 1) five take 0.72 to 0.78 of the time of
# all 18 at D = 320 and 1,000, and ten 0.84; where it takes 65 iterations either of them never ends.
FEW = (5, 10)
# Pairs that are tried for Anderson's beside the library's six, and the part of their iterations with which they are
# taken: for D = 256, a symmetric A and gamma = 0.99 ten take 0.65 of the time there; where they save nothing, more.
MANY, SPARED = 10, 0.75


def torchdeq(
    operator: Adjoint[Tensor],
    v: Tensor,
    *,
    solver: str,
    rtol: float,
    max_iter: int,
    stop_mode: str = "rel",
    **more: Any,
) -> Solution:
    """``w = v + A^T w``, ``A = dT/du``, from v.

    How it differs from ours: all samples go on until the last one is done, and each keeps the best iterate that it saw
    (a masked copy of the batch an iteration); residuals are relative to ``|f(w)|``; Anderson keeps 6 pairs (the
    library's m), or 10 where ``prepare`` finds that they save iterations, and solves for affine weights anew each time;
    Broyden keeps every pair (the library's LBFGS_thres: ``max_iter``), with memory for ``max_iter`` of them from the
    start, or so many as ``prepare`` finds enough: the oldest is written over then. A sample that ends in no number has
    ``w = v``.

    v (B, D), rtol the library's relative tolerance, max_iter its largest number of iterations, by which it allocates
    memory and pads its record of residuals: that of a tuned run; stop_mode says of what the tolerance is: the library's
    default, "abs", would go by how large v is; more is Anderson's lam and m and Broyden's LBFGS_thres, see ``prepare``,
    and other settings, by default the library's. Cost: a vjp an iteration. Raises ``RuntimeError`` (torch) where shapes
    do not fit. Source: torchdeq, ``torchdeq.solver``.
    """
    w = SOLVERS[solver](lambda w: v + operator.vjp(w), v, max_iter=max_iter, tol=rtol, stop_mode=stop_mode, **more)[0]
    return Solution(only_numbers(w, v))


def prepare(operator: Operator[Tensor], v: Tensor, stop: Stop, *, solver: str, **chosen: Any) -> Prepared:
    """The loosest tolerance that reaches ``stop.tol``, and the iterations that a run with it takes, with one in twenty
    to spare. The limit of the trials grows from the library's default, and stays where it was enough: memory is
    allocated by it.

    Anderson's lam is added to the products of residuals, and its default of 1e-4 means residuals of size 1; of the
    size that is asked for here it would hide all of them, and takes 2 to 5 times as many iterations. It is given in
    units of the square of that size. It keeps more pairs where they save a quarter of the iterations.

    Broyden's method keeps few pairs where it reaches ``stop.tol`` with them as well, within the iterations of all.
    """
    more: dict[str, Any] = {"lam": LAM * float(stop.tol * torch.linalg.vector_norm(v, dim=1).max() or 1) ** 2}
    more = (more if solver == "anderson" else {}) | chosen
    limit, taken = min(DEFAULT_ITERATIONS, stop.most), 0
    needed: dict[float, int] = {}  # iterations by tolerance, the more of both data

    def count(w: Tensor) -> Tensor:
        nonlocal taken
        taken += 1
        return operator.vjp(w)

    counted = _Counting(count)

    def run(rtol: float, v: Tensor, **further: Any) -> Tensor:
        nonlocal taken
        taken = 0
        w = torchdeq(counted, v, solver=solver, rtol=rtol, max_iter=limit, **more, **further).w
        taken -= solver == "broyden"  # which evaluates once before its first iteration
        return w

    def solve(rtol: float, v: Tensor) -> Tensor:
        nonlocal limit
        while True:
            w = run(rtol, v)
            if taken < limit or limit == stop.most:
                needed[rtol] = max(needed.get(rtol, 0), taken)
                return w
            limit = min(4 * limit, stop.most)

    def iterate(**further: Any) -> float:
        """Iterations that reach ``stop.tol`` with other pairs, on both data; infinitely many where they do not."""
        most = 0
        for given in (v, nudged(v)):
            if not min(measure(run(rtol, given, **further), operator, given)) <= stop.tol:
                return inf
            most = max(most, taken)
        return most

    rtol, looser = tune(solve, operator, v, stop.tol)
    iterations = needed[rtol]
    if solver == "anderson" and "m" not in more and (others := iterate(m=MANY)) <= SPARED * iterations:
        more["m"], iterations = MANY, int(others)
    limit = min(stop.most, iterations + 1 + iterations // 20)
    if solver == "broyden" and "LBFGS_thres" not in more:
        more |= next(({"LBFGS_thres": few} for few in FEW if iterate(LBFGS_thres=few) < inf), {})
    return Prepared({}, {"rtol": rtol, "max_iter": limit, **more}, looser)


class _Counting:
    """An operator of which only the vjp is asked for."""

    def __init__(self, vjp: Callable[[Tensor], Tensor]):
        self.vjp = vjp
