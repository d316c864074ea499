"""The Neumann series of what the last step's w leaves."""

from __future__ import annotations

from torch import Tensor

from bench_core.implicit.operator import Adjoint, Operator
from bench_core.implicit.settings import Stop
from bench_core.implicit.torch._batch import Solution
from bench_core.implicit.torch._warm import begin, solve_last
from bench_core.implicit.torch.neumann import iterate, neumann
from bench_core.implicit.tuning import Prepared


def prepare(operator: Operator[Tensor], v: Tensor, stop: Stop) -> Prepared:
    """What the last training step leaves behind."""
    return solve_last(neumann, operator, v, stop, {"stop": stop})


def neumann_warm(operator: Adjoint[Tensor], v: Tensor, last: Tensor, *, stop: Stop) -> Solution:
    """``w = w' + sum_j (A^T)^j r'``, ``A = dT/du``, r' the residual of w', until a last term is at most ``tol |v|``.

    w' is the w of the last training step, whose problem was a hundredth away (see ``last_step``); a sample that 0 is
    nearer to starts from 0. v, last (B, D), stop the relative residual per sample and the largest number of iterations.
    Cost: n + 2 vjps in n iterations, contraction gamma each. Raises ``RuntimeError`` (torch) where shapes do not fit.
    Source: Wu Fung et al. 2022, eq. 22, from another start.
    """
    return iterate(operator, v, *begin(operator, v, last, stop))
