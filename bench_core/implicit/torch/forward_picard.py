"""The fixed point by Picard iteration."""

from __future__ import annotations

import torch
from torch import Tensor

from bench_core.implicit.operator import Map
from bench_core.implicit.settings import Stop
from bench_core.implicit.torch._batch import Progress, Solution, norm


def forward_picard(operator: Map[Tensor], v: Tensor, *, stop: Stop) -> Solution:
    """``u <- T(u; d)`` from 0 until ``|T(u) - u| <= tol |T(u)|`` for every sample.

    v (B, D) gives the shape only; stop the relative residual per sample and the largest number of iterations. Cost: n
    evaluations in n iterations. Diverges, and says so, where T does not contract. Raises ``RuntimeError`` (torch) where
    shapes do not fit. Source: Wu Fung et al. 2022, algorithm 1.
    """
    progress = Progress(torch.ones_like(v[:, :1]), stop)
    u = torch.zeros_like(v)
    while progress.goes_on():
        image = operator.evaluate(u)
        change = image - u
        u = u + progress.keep(change)
        progress.update(norm(change), 1.0, norm(image))
    return progress.end(u)
