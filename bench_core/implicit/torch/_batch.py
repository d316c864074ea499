"""What the iterative methods share: per-sample numbers, and when a sample is done."""

from __future__ import annotations

from math import nan
from typing import NamedTuple

import torch
from torch import Tensor

from bench_core.implicit.settings import DIVERGED, STALLED, Stop
from bench_core.implicit.tuning import held


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
    """``a / b``, 0 where b is 0; b has a number a row, and a is read once."""
    return a / torch.where(b == 0, torch.inf, b)


class Progress:
    """Which samples go on, and what they have reached.

    A sample is frozen as soon as its own relative residual is at most ``stop.tol``, or within what its format holds of
    that and falls no more, or has diverged, or is no number; if ``whole`` none is before all are. ``size`` is what
    residuals are relative to, (B, 1); where it is 0, the residual is 0.
    """

    def __init__(self, size: Tensor, stop: Stop, whole: bool = False):
        self._stop, self._whole = stop, whole
        self._size = torch.where(size == 0, 1, size)
        self.residual = torch.where(size == 0, 0.0, torch.full_like(size, torch.inf))
        self.iterations = torch.zeros(len(size), dtype=torch.int64, device=size.device)
        self._checked = torch.full_like(size, torch.inf)
        self._taken = self._together = 0  # the second: of those that no sample has in ``iterations`` yet
        self._least = float(self._size.min()) if size.device.type == "cpu" else nan
        self._freeze(size != 0)

    def goes_on(self) -> bool:
        """Whether any sample is left and may take an iteration more."""
        return self._left > 0 and self._taken < self._stop.most

    def update(self, norm: Tensor, own: Tensor | float | None = None, image: Tensor | None = None) -> None:
        """Take in the residuals' norms (B, 1) after one iteration more; ``own``: the norms of the w that they are of,
        and not of a recurrence; ``image``: what they are relative to, where that is not ``size``.
        """
        self._taken += 1
        found = norm / (self._size if image is None else image)
        if self._left == len(found) and self._goes_on_whole(found, own):
            self.residual = found
            self._together += 1
            return
        if image is not None:  # a batch with an image of 0, which asks for a residual of 0, comes here
            found = torch.where(image == 0, norm, found)
        self._count()
        self.iterations += self.active.squeeze(1)
        last, self.residual = self.residual, torch.where(self.active, found, self.residual)
        self._freeze(self.active & self._falls_short(own, None if own is None else self.residual < last))

    def check(self, residual: Tensor) -> None:
        """Take in the residuals (B, D), computed anew and not by a recurrence: a sample goes on again where its own
        falls short, unless its recurrence was done and it has hardly fallen since the last one computed anew: its
        precision ends there.
        """
        self.residual = norm(residual) / self._size
        fallen = self.active | (self.residual < STALLED * self._checked)
        self._checked = self.residual
        self._freeze(self._falls_short() & (fallen.any() if self._whole else fallen))

    def keep(self, moving: Tensor) -> Tensor:
        """``moving`` with zeros for the samples that are frozen."""
        return moving if self._left == len(moving) else torch.where(self.active, moving, 0)

    def end(self, w: Tensor) -> Solution:
        self._count()
        return Solution(w, self.iterations, self.residual.squeeze(1))

    def _count(self) -> None:
        self.iterations += self._together
        self._together = 0

    def _goes_on_whole(self, residual: Tensor, own: Tensor | float | None) -> bool:
        """Whether two numbers of the batch tell that no sample is done, as they do in most iterations: what tells of
        every sample takes more time than a small product. On a GPU the host would wait for them.
        """
        if residual.device.type != "cpu":
            return False
        limit = self._stop.tol
        if own is not None:
            largest = float(own.max()) if isinstance(own, Tensor) else own
            limit += held(torch.finfo(residual.dtype).eps) * max(largest / self._least, 1)
        least, most = torch.aminmax(residual)
        return float(least) > limit and float(most) < DIVERGED

    def _falls_short(self, own: Tensor | float | None = None, falling: Tensor | None = None) -> Tensor:
        short, sane = self.residual > self._stop.tol, self.residual < DIVERGED
        if own is not None and falling is not None:
            short &= falling | (self.residual > self._stop.tol + allowance(own, self._size))
        return (short.any() & sane.all()).expand_as(short) if self._whole else short & sane

    def _freeze(self, active: Tensor) -> None:
        self.active = active.any().expand_as(active) if self._whole else active
        self._left = int(self.active.sum())  # on a GPU the host waits here, once an iteration


def allowance(own: Tensor | float, size: Tensor) -> Tensor:
    """What the residual of a w of this norm may be above the tolerance, relative to ``size``: what its format holds."""
    return held(torch.finfo(size.dtype).eps) * (own / size).clamp_min(1)


def norm(x: Tensor) -> Tensor:
    """2-norm of each row, (B, 1)."""
    return torch.linalg.vector_norm(x, dim=1, keepdim=True)
