"""Anderson acceleration of a fixed-point iteration, every sample for itself."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from bench_core.implicit.torch._batch import Progress, dot, norm
from bench_core.method import check_whole


def accelerate(
    f: Callable[[Tensor], Tensor], x: Tensor, image: Tensor, progress: Progress, relative: bool, window: int
) -> Tensor:
    """x with ``f(x) = x``, from x (B, D) and its ``image`` f(x): type II, of the last ``window`` pairs, no damping.

    ``relative``: the residual counts against the size of the image, else against ``progress``'s own. One call of f an
    iteration. The window's inner products with the residual are carried, as the Gram matrix is, and gain those with the
    residual's change.
    """
    check_whole("window", window, "number of pairs")
    sums: list[Tensor] = []  # of a step and the residual's change along it
    changes: list[Tensor] = []
    gram, inner = x.new_zeros((len(x), window, window)), x.new_zeros((len(x), window))
    eye = torch.eye(window, dtype=x.dtype, device=x.device)
    residual = image - x
    place = 0
    while progress.goes_on():
        move = residual
        if changes:
            n = len(changes)
            # The window's changes become parallel at the end: a touch of ridge, relative to their size.
            ridge = torch.finfo(x.dtype).eps * torch.diagonal(gram, dim1=1, dim2=2).sum(1)
            system = gram[:, :n, :n] + (ridge + (ridge == 0))[:, None, None] * eye[:n, :n]
            factor, _ = torch.linalg.cholesky_ex(system)
            weights = torch.cholesky_solve(inner[:, :n, None], factor)
            move = residual.clone()
            for k in range(n):
                move.addcmul_(weights[:, k], sums[k], value=-1)
        move = progress.keep(move)
        x = x + move
        image = f(x)
        new = image - x
        change = new - residual
        # The oldest makes room: one column of the Gram matrix is new, the others stay. So does an inner product for as
        # many iterations as the window is long: rounding has no time to gather.
        sums[place : place + 1], changes[place : place + 1] = [move + change], [change]
        column = torch.cat([dot(change, other) for other in changes], 1)
        n = len(changes)
        gram[:, place, :n] = gram[:, :n, place] = column
        inner[:, :n] += column
        inner[:, place] = dot(change, new)[:, 0]
        residual, place = new, (place + 1) % window
        progress.update(norm(new), 1.0 if relative else norm(x), norm(image) if relative else None)
    return x
