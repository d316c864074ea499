"""The fixed point by Picard iteration."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from bench_core.implicit.torch._batch import Progress, Solution, norm


def forward_picard(operator: Any, v: Tensor, *, tol: float, most: int) -> Solution:
    """``u <- T(u; d)`` from 0 until ``|T(u) - u| <= tol |T(u)|`` for every sample.

    v (B, D) gives the shape only; tol the relative residual per sample, most the largest number of iterations. Cost: n
    evaluations in n iterations. Diverges, and says so, where T does not contract. Raises ``RuntimeError`` (torch) where
    shapes do not fit. Source: Wu Fung et al. 2022, algorithm 1.
    """
    progress = Progress(torch.ones_like(v[:, :1]), tol)
    u = torch.zeros_like(v)
    for _ in range(most):
        image = operator.evaluate(u)
        change = image - u
        u = u + progress.keep(change)
        if not progress.update(norm(change) / norm(image)):
            break
    return progress.end(u)
