"""Broyden's good method for a root, every sample for itself, with the inverse Jacobian as pairs of vectors."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor

from bench_core.implicit.cost import KEPT
from bench_core.implicit.torch._batch import Progress, divide, dot


class Factors(NamedTuple):
    """The inverse Jacobian of ``x - f(x)`` as ``I + sum_j left_j right_j^T``; both (B, n, D)."""

    left: Tensor
    right: Tensor


def find_root(
    f: Callable[[Tensor], Tensor], x: Tensor, image: Tensor, progress: Progress, most: int, relative: bool
) -> tuple[Tensor, Factors]:
    """x with ``f(x) = x``, from x (B, D) and its ``image`` f(x); at most 30 pairs are kept, then it starts anew.

    ``relative``: the residual counts against the size of the image, else against ``progress``'s own. One call of f an
    iteration.
    """
    left, right = x.new_empty((len(x), KEPT, x.shape[1])), x.new_empty((len(x), KEPT, x.shape[1]))
    kept = 0
    residual = image - x
    move = residual
    for _ in range(most if progress.active.any() else 0):
        move = progress.keep(move)
        x = x + move
        image = f(x)
        new = image - x
        change = residual - new  # of x - f(x) along the move
        if kept == KEPT:
            kept = 0
        pairs = left[:, :kept], right[:, :kept]
        # H <- H + (move - H change) (move^T H) / (move^T H change)
        row = move + torch.bmm(pairs[1].mT, torch.bmm(pairs[0], move.unsqueeze(2))).squeeze(2)
        image_of_change = change + torch.bmm(pairs[0].mT, torch.bmm(pairs[1], change.unsqueeze(2))).squeeze(2)
        left[:, kept] = divide(move - image_of_change, dot(row, change))
        right[:, kept] = row
        kept += 1
        residual = new
        move = residual + torch.bmm(left[:, :kept].mT, torch.bmm(right[:, :kept], residual.unsqueeze(2))).squeeze(2)
        size = torch.linalg.vector_norm(new, dim=1, keepdim=True)
        if relative:
            size = size / torch.linalg.vector_norm(image, dim=1, keepdim=True)
        if not progress.update(size):
            break
    return x, Factors(left[:, :kept], right[:, :kept])
