"""The fixed point by Anderson acceleration."""

from __future__ import annotations

import torch
from torch import Tensor

from bench_core.implicit.operator import Map
from bench_core.implicit.settings import WINDOW, Stop
from bench_core.implicit.torch._anderson import accelerate
from bench_core.implicit.torch._batch import Progress, Solution


def forward_anderson(operator: Map[Tensor], v: Tensor, *, stop: Stop, window: int = WINDOW) -> Solution:
    """``u = T(u; d)`` from 0 by Anderson acceleration (type II), per sample.

    v (B, D) gives the shape only; stop the relative residual ``|T(u) - u| / |T(u)|`` per sample and the largest number
    of iterations, window the number of pairs that the next one is made of. Cost: n + 1 evaluations in n iterations.
    Raises ``ValueError`` for a setting that is none, ``RuntimeError`` (torch) where shapes do not fit. Source: Walker
    and Ni 2011.
    """
    progress = Progress(torch.ones_like(v[:, :1]), stop)
    start = torch.zeros_like(v)
    return progress.end(
        accelerate(operator.evaluate, start, operator.evaluate(start), progress, relative=True, window=window)
    )
