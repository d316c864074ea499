"""Broyden's method on the adjoint equation."""

from __future__ import annotations

import torch
from torch import Tensor

from bench_core.implicit.operator import Adjoint
from bench_core.implicit.settings import WINDOW, Stop
from bench_core.implicit.torch._batch import Progress, Solution, norm
from bench_core.implicit.torch._broyden import find_root


def broyden(operator: Adjoint[Tensor], v: Tensor, *, stop: Stop, pairs: int = WINDOW) -> Solution:
    """``w = v + A^T w``, ``A = dT/du``, by Broyden's good method, per sample.

    v (B, D), stop the relative residual per sample and the largest number of iterations, pairs how many of the inverse
    Jacobian are kept before it starts anew. Cost: n vjps in n iterations. Raises ``ValueError`` for a setting that is
    none, ``RuntimeError`` (torch) where shapes do not fit. Source: Bai et al. 2019, section 3.1.3.
    """
    progress = Progress(norm(v), stop)
    w, _ = find_root(lambda w: v + operator.vjp(w), torch.zeros_like(v), v, progress, relative=False, pairs=pairs)
    return progress.end(w)
