"""The fixed point by Anderson acceleration."""

from __future__ import annotations

import torch
from torch import Tensor

from bench_core.implicit.operator import Map
from bench_core.implicit.settings import Stop
from bench_core.implicit.torch._anderson import accelerate
from bench_core.implicit.torch._batch import Progress, Solution


def forward_anderson(operator: Map[Tensor], v: Tensor, *, stop: Stop) -> Solution:
    """``u = T(u; d)`` from 0 by Anderson acceleration (type II, window 5), per sample.

    v (B, D) gives the shape only; stop the relative residual ``|T(u) - u| / |T(u)|`` per sample and the largest number
    of iterations. Cost: n + 1 evaluations in n iterations. Raises ``RuntimeError`` (torch) where shapes do not fit.
    Source: Walker and Ni 2011.
    """
    progress = Progress(torch.ones_like(v[:, :1]), stop)
    start = torch.zeros_like(v)
    return progress.end(accelerate(operator.evaluate, start, operator.evaluate(start), progress, relative=True))
