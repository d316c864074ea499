"""The Neumann series of what the last step's w leaves, cut after k products."""

from __future__ import annotations

from torch import Tensor

from bench_core.implicit.operator import Adjoint, Operator
from bench_core.implicit.settings import Stop
from bench_core.implicit.torch._batch import Solution
from bench_core.implicit.torch._warm import solve_last
from bench_core.implicit.torch.neumann import neumann
from bench_core.implicit.tuning import Prepared
from bench_core.method import check_whole


def prepare(operator: Operator[Tensor], v: Tensor, stop: Stop, *, k: int) -> Prepared:
    """What the last training step leaves behind."""
    return solve_last(neumann, operator, v, stop, {"k": k})


def neumann_warm_k(operator: Adjoint[Tensor], v: Tensor, last: Tensor, *, k: int) -> Solution:
    """k steps of ``w <- v + A^T w``, ``A = dT/du``, from the w of the last training step.

    The last step's problem was a hundredth away (see ``last_step``). v, last (B, D), k from 0. The error of w is at
    most gamma^k times that of ``last``. Cost: k vjps. Raises ``ValueError`` for another k, ``RuntimeError`` (torch)
    where shapes do not fit. Source: Wu Fung et al. 2022, eq. 22, from another start.
    """
    check_whole("k", k, "number of products", 0)
    w = last
    for _ in range(k):
        w = v + operator.vjp(w)
    return Solution(w)
