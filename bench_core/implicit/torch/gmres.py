"""Generalised minimal residuals, restarted."""

from __future__ import annotations

import torch
from torch import Tensor

from bench_core.implicit.operator import Adjoint
from bench_core.implicit.settings import KEPT, Stop
from bench_core.implicit.torch._batch import Progress, Solution, divide, dot, norm
from bench_core.method import check_whole


def gmres(operator: Adjoint[Tensor], v: Tensor, *, stop: Stop, restart: int = KEPT) -> Solution:
    """GMRES for ``J^T w = v``, restarted every ``restart`` iterations.

    Modified Gram-Schmidt, which is stable here (Paige, Rozloznik and Strakos 2006); the rotations of the Hessenberg
    matrices are kept as their product, so that a new column costs one small product instead of one rotation after the
    other. v (B, D), stop the relative residual per sample and the largest number of iterations, restart that of a
    cycle, whose vectors are kept. Cost: n vjps in n iterations, one more for the true residual after every cycle, the
    last one too, and 2 j B D multiply-adds in the j-th iteration of a cycle. Raises ``ValueError`` for a setting that
    is none, ``RuntimeError`` (torch) where shapes do not fit. Source: Saad and Schultz 1986.
    """
    return iterate(operator, v, torch.zeros_like(v), v, Progress(norm(v), stop), restart)


def iterate(
    operator: Adjoint[Tensor], v: Tensor, w: Tensor, residual: Tensor, progress: Progress, restart: int
) -> Solution:
    """Cycles from w with the residual ``v - J^T w``."""
    check_whole("restart", restart, "number of iterations")
    while progress.goes_on():
        w = w + _cycle(operator, residual, progress, restart)
        residual = v - w + operator.vjp(w)
        progress.check(residual)
    return progress.end(w)


def _cycle(operator: Adjoint[Tensor], residual: Tensor, progress: Progress, restart: int) -> Tensor:
    """At most ``restart`` iterations from this residual: the correction of w."""
    B = len(residual)
    start = norm(residual)
    basis = [divide(residual, start)]
    turned = torch.eye(restart + 1, dtype=residual.dtype, device=residual.device).repeat(B, 1, 1)
    triangle = residual.new_zeros((B, restart, restart))
    right = residual.new_zeros((B, restart + 1))
    right[:, 0] = start[:, 0]
    # How many columns count for each sample: a frozen one keeps the solution that it had.
    used = torch.zeros(B, dtype=torch.int64, device=residual.device)
    j = 0
    for j in range(restart):
        q = basis[j] - operator.vjp(basis[j])
        h = []
        for known in basis:
            h.append(dot(known, q))
            q.addcmul_(h[-1], known, value=-1)
        below = norm(q)
        basis.append(divide(q, below))
        column = torch.bmm(turned[:, : j + 1, : j + 1], torch.stack(h, 1)).squeeze(2)
        diagonal = column[:, j : j + 1]
        length = torch.hypot(diagonal, below)
        cos, sin = divide(diagonal, length), divide(below, length)
        triangle[:, :j, j] = column[:, :j]
        triangle[:, j, j] = length[:, 0]
        # The new rotation acts on rows j and j + 1 of the product so far, and on the right-hand side.
        row = turned[:, j, : j + 1].clone()
        turned[:, j, : j + 1] = cos * row
        turned[:, j, j + 1] = sin[:, 0]
        turned[:, j + 1, : j + 1] = -sin * row
        turned[:, j + 1, j + 1] = cos[:, 0]
        right[:, j + 1] = -(sin * right[:, j : j + 1])[:, 0]
        right[:, j] = cos[:, 0] * right[:, j]
        used += progress.active.squeeze(1)
        progress.update(right[:, j + 1 : j + 2].abs())
        if not progress.goes_on():
            break
    columns = j + 1
    keep = torch.arange(columns, device=residual.device) < used[:, None]
    upper = triangle[:, :columns, :columns]
    # Columns that do not count become those of the identity; so does a column of zeros (residual 0 at its start).
    diagonal = torch.diagonal(upper, dim1=1, dim2=2)
    diagonal.copy_(torch.where(keep & (diagonal != 0), diagonal, 1))
    upper = torch.where(keep[:, None, :], upper, torch.eye(columns, dtype=residual.dtype, device=residual.device))
    solved = torch.linalg.solve_triangular(upper, torch.where(keep, right[:, :columns], 0).unsqueeze(2), upper=True)
    correction = torch.zeros_like(residual)
    for k in range(columns):
        correction.addcmul_(solved[:, k], basis[k])
    return correction
