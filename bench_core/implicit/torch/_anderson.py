"""Anderson acceleration of a fixed-point iteration, every sample for itself."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from bench_core.implicit.cost import WINDOW
from bench_core.implicit.torch._batch import Progress


def accelerate(
    f: Callable[[Tensor], Tensor], x: Tensor, image: Tensor, progress: Progress, most: int, relative: bool
) -> Tensor:
    """x with ``f(x) = x``, from x (B, D) and its ``image`` f(x): type II, window 5, no damping.

    ``relative``: the residual counts against the size of the image, else against ``progress``'s own. One call of f an
    iteration.
    """
    steps: list[Tensor] = []
    changes: list[Tensor] = []
    residual = image - x
    for _ in range(most if progress.active.any() else 0):
        move = residual
        if steps:
            S, C = torch.stack(steps, 1), torch.stack(changes, 1)
            gram = torch.bmm(C, C.mT)
            # The window's changes become parallel at the end: a touch of ridge, relative to their size.
            ridge = torch.finfo(x.dtype).eps * torch.diagonal(gram, dim1=1, dim2=2).sum(1)
            gram = gram + (ridge + (ridge == 0))[:, None, None] * torch.eye(len(steps), dtype=x.dtype, device=x.device)
            factor, _ = torch.linalg.cholesky_ex(gram)
            weights = torch.cholesky_solve(torch.bmm(C, residual.unsqueeze(2)), factor)
            move = residual - torch.bmm((S + C).mT, weights).squeeze(2)
        move = progress.keep(move)
        x = x + move
        image = f(x)
        new = image - x
        steps, changes = [*steps, move][-WINDOW:], [*changes, new - residual][-WINDOW:]
        residual = new
        size = torch.linalg.vector_norm(new, dim=1, keepdim=True)
        if relative:
            size = size / torch.linalg.vector_norm(image, dim=1, keepdim=True)
        if not progress.update(size):
            break
    return x
