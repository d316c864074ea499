"""What the iterative methods share: per-sample numbers, and when a sample is done."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from bench_core.implicit.settings import DIVERGED


class Solution(NamedTuple):
    """``w`` (B, D); ``iterations`` (B,) and ``residual`` (B,), the last one each sample saw, None where there are
    none.
    """

    w: Tensor
    iterations: Tensor | None = None
    residual: Tensor | None = None


def dot(a: Tensor, b: Tensor, whole: bool = False) -> Tensor:
    """Inner product of each row, (B, 1); of the batch as one vector if ``whole``."""
    if whole:
        return torch.dot(a.reshape(-1), b.reshape(-1)).expand(len(a), 1)
    return torch.linalg.vecdot(a, b).unsqueeze(1)


def divide(a: Tensor, b: Tensor) -> Tensor:
    """``a / b``, 0 where b is 0."""
    return torch.where(b == 0, 0, a / torch.where(b == 0, 1, b))


class Progress:
    """Which samples go on, and what they have reached.

    A sample is frozen as soon as its own relative residual is at most ``tol``, or has diverged, or is no number.
    ``size`` is what residuals are relative to, (B, 1); where it is 0, the residual is 0.
    """

    def __init__(self, size: Tensor, tol: float):
        self.tol = tol
        self._size = torch.where(size == 0, 1, size)
        self.residual = torch.where(size == 0, 0.0, torch.full_like(size, torch.inf))
        self.iterations = torch.zeros(len(size), dtype=torch.int64, device=size.device)
        self.active = size != 0
        self.frozen = int(len(size) - self.active.sum())

    def update(self, norm: Tensor) -> bool:
        """Take in the residuals' norms (B, 1) after one iteration more; whether any sample goes on."""
        self.iterations += self.active.squeeze(1)
        self.residual = torch.where(self.active, norm / self._size, self.residual)
        self.active = self.active & (self.residual > self.tol) & (self.residual < DIVERGED)
        left = int(self.active.sum())  # on a GPU the host waits here, once an iteration
        self.frozen = len(norm) - left
        return left > 0

    def keep(self, moving: Tensor) -> Tensor:
        """``moving`` with zeros for the samples that are frozen."""
        return moving if not self.frozen else torch.where(self.active, moving, 0)

    def end(self, w: Tensor) -> Solution:
        return Solution(w, self.iterations, self.residual.squeeze(1))


def norm(x: Tensor, whole: bool = False) -> Tensor:
    """2-norm of each row, (B, 1); of the batch as one vector if ``whole``."""
    if whole:
        return torch.linalg.vector_norm(x).expand(len(x), 1)
    return torch.linalg.vector_norm(x, dim=1, keepdim=True)
