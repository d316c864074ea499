"""The fixed point by Broyden's method."""

from __future__ import annotations

import torch
from torch import Tensor

from bench_core.implicit.operator import Map
from bench_core.implicit.settings import WINDOW, Stop
from bench_core.implicit.torch._batch import Progress, Solution
from bench_core.implicit.torch._broyden import Factors, find_root


def forward_broyden(operator: Map[Tensor], v: Tensor, *, stop: Stop, pairs: int = WINDOW) -> Solution:
    """``u = T(u; d)`` from 0 by Broyden's good method, per sample.

    v (B, D) gives the shape only; stop the relative residual ``|T(u) - u| / |T(u)|`` per sample and the largest number
    of iterations, pairs how many of the inverse Jacobian are kept before it starts anew. Cost: n + 1 evaluations in n
    iterations. Raises ``ValueError`` for a setting that is none, ``RuntimeError`` (torch) where shapes do not fit.
    Source: Bai et al. 2019, section 3.1.2.
    """
    return solve(operator, torch.zeros_like(v), stop, pairs)[0]


def solve(operator: Map[Tensor], start: Tensor, stop: Stop, pairs: int) -> tuple[Solution, Factors]:
    """The fixed point from ``start`` (B, D), and the factors of the inverse Jacobian that the method has built."""
    progress = Progress(torch.ones_like(start[:, :1]), stop)
    u, factors = find_root(operator.evaluate, start, operator.evaluate(start), progress, relative=True, pairs=pairs)
    return progress.end(u), factors
