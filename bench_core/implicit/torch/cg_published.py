"""Conjugate gradients on the normal equations as the paper's public code spends its products."""

from __future__ import annotations

import torch
from torch import Tensor

from bench_core.implicit.operator import Linear
from bench_core.implicit.settings import Stop
from bench_core.implicit.torch._batch import Progress, Solution, divide, dot, norm


def cg_published(operator: Linear[Tensor], v: Tensor, *, stop: Stop) -> Solution:
    """Conjugate gradients on ``N w = J v``, ``N = J J^T``, with N applied three times an iteration.

    Once for the step length, once again for the update of the residual and once for the residual computed anew; the
    paper's mat-vec counts have one of them. Only the stopping rule is the suite's. v (B, D), stop the relative residual
    per sample and the largest number of iterations. Cost: 1 + 3n vjps and 2 + 3n jvps in n iterations. Raises
    ``RuntimeError`` (torch) where shapes do not fit. Source: Wu Fung et al. 2022, table 2 and its public code (the
    order of operator applications, written anew).
    """

    def direct(x: Tensor) -> Tensor:
        return x - operator.jvp(x)

    def adjoint(x: Tensor) -> Tensor:
        return x - operator.vjp(x)

    progress = Progress(norm(v), stop)
    w, right = torch.zeros_like(v), direct(v)
    residual = right - direct(adjoint(w))
    p, size = residual, dot(residual, residual)
    while progress.goes_on():
        step = progress.keep(divide(size, dot(p, direct(adjoint(p)))))
        w = w + step * p
        updated = residual - step * direct(adjoint(p))
        new = dot(updated, updated)
        image = adjoint(w)
        residual = right - direct(image)
        p = residual + divide(new, size) * p
        size = new
        progress.update(norm(v - image), norm(w))
    return progress.end(w)
