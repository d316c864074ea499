"""Anderson acceleration of the adjoint's fixed-point iteration."""

from __future__ import annotations

import torch
from torch import Tensor

from bench_core.implicit.operator import Adjoint
from bench_core.implicit.settings import WINDOW, Stop
from bench_core.implicit.torch._anderson import accelerate
from bench_core.implicit.torch._batch import Progress, Solution, norm


def anderson(operator: Adjoint[Tensor], v: Tensor, *, stop: Stop, window: int = WINDOW) -> Solution:
    """``w = v + A^T w``, ``A = dT/du``, by Anderson acceleration (type II), per sample.

    v (B, D), stop the relative residual per sample and the largest number of iterations, window the number of pairs
    that the next one is made of. Cost: n vjps in n iterations. Raises ``ValueError`` for a setting that is none,
    ``RuntimeError`` (torch) where shapes do not fit. Source: Walker and Ni 2011.
    """
    progress = Progress(norm(v), stop)
    w = accelerate(lambda w: v + operator.vjp(w), torch.zeros_like(v), v, progress, relative=False, window=window)
    return progress.end(w)
