"""The fixed point by Anderson acceleration."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from bench_core.implicit.torch._anderson import accelerate
from bench_core.implicit.torch._batch import Progress, Solution


def forward_anderson(operator: Any, v: Tensor, *, tol: float, most: int) -> Solution:
    """``u = T(u; d)`` from 0 by Anderson acceleration (type II, window 5), per sample.

    v (B, D) gives the shape only; tol the relative residual ``|T(u) - u| / |T(u)|`` per sample, most the largest number
    of iterations. Cost: n + 1 evaluations in n iterations. Raises ``RuntimeError`` (torch) where shapes do not fit.
    Source: Walker and Ni 2011.
    """
    progress = Progress(torch.ones_like(v[:, :1]), tol)
    start = torch.zeros_like(v)
    return progress.end(accelerate(operator.evaluate, start, operator.evaluate(start), progress, most, relative=True))
