"""Conjugate gradients on the normal equations, in the form that never squares the residual."""

from __future__ import annotations

import torch
from torch import Tensor

from bench_core.implicit.operator import Linear
from bench_core.implicit.settings import Stop
from bench_core.implicit.torch._batch import Progress, Solution, divide, dot, norm


def cg(operator: Linear[Tensor], v: Tensor, *, stop: Stop) -> Solution:
    """CGLS for ``J^T w = v``: conjugate gradients on ``J J^T w = J v`` with the residual of the system itself.

    Its recurrence drifts from the true residual, which is computed before a sample may stop; one that falls short
    starts again from there. v (B, D), stop the relative residual per sample and the largest number of iterations. Cost:
    n + 1 vjps and n jvps in n iterations. Raises ``RuntimeError`` (torch) where shapes do not fit. Source: Bjorck 1996,
    algorithm 7.4.1.
    """
    progress = Progress(norm(v), stop)
    w, residual = torch.zeros_like(v), v.clone()
    while progress.goes_on():
        p, size = torch.zeros_like(v), torch.ones_like(v[:, :1])
        while progress.goes_on():
            s = residual - operator.jvp(residual)
            new = dot(s, s)
            p = s + divide(new, size) * p
            q = p - operator.vjp(p)
            step = progress.keep(divide(new, dot(q, q)))
            w.addcmul_(step, p)
            residual.addcmul_(step, q, value=-1)
            size = new
            progress.update(norm(residual))
        residual = v - w + operator.vjp(w)
        progress.check(residual)
    return progress.end(w)
