"""GMRES from the last step's w."""

from __future__ import annotations

from functools import partial

from torch import Tensor

from bench_core.implicit.operator import Adjoint, Operator
from bench_core.implicit.settings import KEPT, Stop
from bench_core.implicit.torch._batch import Solution
from bench_core.implicit.torch._warm import begin, solve_last
from bench_core.implicit.torch.gmres import gmres, iterate
from bench_core.implicit.tuning import Prepared


def prepare(operator: Operator[Tensor], v: Tensor, stop: Stop, *, restart: int = KEPT) -> Prepared:
    """What the last training step leaves behind."""
    return solve_last(partial(gmres, restart=restart), operator, v, stop, {"stop": stop, "restart": restart})


def gmres_warm(operator: Adjoint[Tensor], v: Tensor, last: Tensor, *, stop: Stop, restart: int = KEPT) -> Solution:
    """GMRES for ``J^T w = v``, restarted every ``restart`` iterations, from the w of the last training step.

    The last step's problem was a hundredth away (see ``last_step``); a sample that 0 is nearer to starts from 0. v,
    last (B, D), stop the relative residual per sample and the largest number of iterations, restart that of a cycle,
    whose vectors are kept. Cost: n + 1 vjps in n iterations, and one for the true residual after every cycle. Raises
    ``ValueError`` for a setting that is none, ``RuntimeError`` (torch) where shapes do not fit. Source: Saad and
    Schultz 1986, from another start.
    """
    return iterate(operator, v, *begin(operator, v, last, stop), restart)
