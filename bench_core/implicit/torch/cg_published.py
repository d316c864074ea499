"""Conjugate gradients on the normal equations as the paper's public code spends its products."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from bench_core.implicit.torch._batch import Progress, Solution, divide, dot, norm


def cg_published(operator: Any, v: Tensor, *, tol: float, most: int) -> Solution:
    """Conjugate gradients on ``N w = J v``, ``N = J J^T``, with N applied three times an iteration.

    Once for the step length, once again for the update of the residual and once for the residual computed anew; the
    paper's mat-vec counts have one of them. Only the stopping rule is the suite's. v (B, D), tol the relative
    residual per sample, most the largest number of iterations. Cost: 2 + 3n vjps and 2 + 3n jvps in n iterations.
    Raises ``RuntimeError`` (torch) where shapes do not fit. Source: Wu Fung et al. 2022, table 2 and its public code
    (the order of operator applications, written anew).
    """

    def direct(x: Tensor) -> Tensor:
        return x - operator.jvp(x)

    def adjoint(x: Tensor) -> Tensor:
        return x - operator.vjp(x)

    progress = Progress(norm(v), tol)
    w, right = torch.zeros_like(v), direct(v)
    residual = right - direct(adjoint(w))
    p, size = residual, dot(residual, residual)
    for _ in range(most if progress.active.any() else 0):
        step = progress.keep(divide(size, dot(p, direct(adjoint(p)))))
        w = w + step * p
        updated = residual - step * direct(adjoint(p))
        new = dot(updated, updated)
        image = adjoint(w)
        residual = right - direct(image)
        p = residual + divide(new, size) * p
        size = new
        if not progress.update(norm(v - image)):
            break
    progress.residual = divide(norm(v - adjoint(w)), norm(v))
    return progress.end(w)
