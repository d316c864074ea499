"""torchopt's conjugate gradients on the normal equations."""

from __future__ import annotations

import warnings

from torch import Tensor
from torchopt.linear_solve import solve_normal_cg

from bench_core.implicit.operator import Operator
from bench_core.implicit.settings import MOST, Stop
from bench_core.implicit.torch._batch import Solution
from bench_core.implicit.torch._peer import only_numbers, tune
from bench_core.implicit.tuning import Prepared


def torchopt(operator: Operator[Tensor], v: Tensor, *, rtol: float, maxiter: int = MOST) -> Solution:
    """``J J^T w = J v`` for the whole batch as one system.

    How it differs from ours: one step length for the batch; the residual is that of the normal equations, relative to
    ``|J v|``; the library transposes the product itself, by autodiff, and evaluates it anew for every transposed one.
    Sample by sample it does not run: its loop asks for numbers, which ``torch.vmap`` refuses. A sample that ends in no
    number has ``w = v``.

    v (B, D), rtol the library's relative tolerance; maxiter its limit on the iterations, which costs nothing and is the
    suite's. Cost: two vjps and a jvp an iteration. Raises ``RuntimeError`` (torch) where shapes do not fit. Source:
    torchopt, ``linear_solve.solve_normal_cg``.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # it asks for functorch by its old name
        w = solve_normal_cg(rtol=rtol, maxiter=maxiter)(lambda w: w - operator.vjp(w), v)
    return Solution(only_numbers(w, v))


def prepare(operator: Operator[Tensor], v: Tensor, stop: Stop) -> Prepared:
    """The loosest tolerance that reaches ``stop.tol``."""
    rtol, looser = tune(lambda rtol, v: torchopt(operator, v, rtol=rtol).w, operator, v, stop.tol)
    return Prepared({}, {"rtol": rtol}, looser)
