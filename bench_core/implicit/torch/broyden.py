"""Broyden's method on the adjoint equation."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from bench_core.implicit.torch._batch import Progress, Solution, norm
from bench_core.implicit.torch._broyden import find_root


def broyden(operator: Any, v: Tensor, *, tol: float, most: int) -> Solution:
    """``w = v + A^T w``, ``A = dT/du``, by Broyden's good method, per sample, 30 pairs.

    v (B, D), tol the relative residual per sample, most the largest number of iterations. Cost: n vjps in n
    iterations. Raises ``RuntimeError`` (torch) where shapes do not fit. Source: Bai et al. 2019, section 3.1.3.
    """
    progress = Progress(norm(v), tol)
    w, _ = find_root(lambda w: v + operator.vjp(w), torch.zeros_like(v), v, progress, most, relative=False)
    return progress.end(w)
