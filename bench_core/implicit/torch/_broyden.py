"""Broyden's good method for a root, every sample for itself, with the inverse Jacobian as pairs of vectors."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor

from bench_core.implicit.torch._batch import Progress, divide, dot, norm
from bench_core.method import check_whole


class Factors(NamedTuple):
    """The inverse Jacobian of ``x - f(x)`` as ``I + sum_j left_j right_j^T``; both (n, B, D)."""

    left: Tensor
    right: Tensor


def find_root(
    f: Callable[[Tensor], Tensor], x: Tensor, image: Tensor, progress: Progress, relative: bool, pairs: int
) -> tuple[Tensor, Factors]:
    """x with ``f(x) = x``, from x (B, D) and its ``image`` f(x); at most ``pairs`` are kept, then it starts anew.

    ``relative``: the residual counts against the size of the image, else against ``progress``'s own. One call of f an
    iteration.
    """
    check_whole("pairs", pairs, "number of pairs")
    left: list[Tensor] = []
    right: list[Tensor] = []
    residual = image - x
    wanted = residual  # H residual
    while progress.goes_on():
        move = progress.keep(wanted)
        x = x + move
        image = f(x)
        new = image - x
        change = residual - new  # of x - f(x) along the move
        if len(left) == pairs:
            left, right, wanted = [], [], residual
        # H <- H + (move - H change) (move^T H) / (move^T H change)
        row, image_of_change = _times(right, left, move), _times(left, right, change)
        left.append(divide(move - image_of_change, dot(row, change)))
        right.append(row)
        residual = new
        # H times the new residual: before the update it is known from the old residual's and the change's.
        wanted = torch.addcmul(wanted - image_of_change, dot(row, new), left[-1])
        progress.update(norm(new), 1.0 if relative else norm(x), norm(image) if relative else None)
    factors = (torch.stack(side) if side else x.new_empty((0, *x.shape)) for side in (left, right))
    return x, Factors(*factors)


def _times(left: list[Tensor], right: list[Tensor], vector: Tensor) -> Tensor:
    """``vector + sum_j left_j (right_j . vector)``; a batch of matrix-vector products is slower than its vectors."""
    out = vector.clone()
    for a, b in zip(left, right):
        out.addcmul_(dot(b, vector), a)
    return out
