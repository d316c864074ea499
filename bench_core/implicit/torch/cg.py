"""Conjugate gradients on the normal equations, in the form that never squares the residual."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from bench_core.implicit.torch._batch import Progress, Solution, divide, dot, norm


def cg(operator: Any, v: Tensor, *, tol: float, most: int) -> Solution:
    """CGLS for ``J^T w = v``: conjugate gradients on ``J J^T w = J v`` with the residual of the system itself.

    v (B, D), tol the relative residual per sample, most the largest number of iterations. Cost: n vjps and n jvps in n
    iterations. Raises ``RuntimeError`` (torch) where shapes do not fit. Source: Bjorck 1996, algorithm 7.4.1.
    """
    progress = Progress(norm(v), tol)
    w, p, residual = torch.zeros_like(v), torch.zeros_like(v), v.clone()
    size = torch.ones_like(v[:, :1])
    for _ in range(most if progress.active.any() else 0):
        s = residual - operator.jvp(residual)
        new = dot(s, s)
        p = s + divide(new, size) * p
        q = p - operator.vjp(p)
        step = progress.keep(divide(new, dot(q, q)))
        w.addcmul_(step, p)
        residual.addcmul_(step, q, value=-1)
        size = new
        if not progress.update(norm(residual)):
            break
    return progress.end(w)
