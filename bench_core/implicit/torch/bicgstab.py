"""Stabilised bi-conjugate gradients."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from bench_core.implicit.torch._batch import Progress, Solution, divide, dot, norm


def bicgstab(operator: Any, v: Tensor, *, tol: float, most: int, whole: bool = False) -> Solution:
    """BiCGStab for ``J^T w = v``, stopped after any half step.

    v (B, D), tol the relative residual per sample (of the whole batch as one system if ``whole``), most the largest
    number of iterations; an iteration is a half step. Cost: n vjps in n iterations. Breaks down, and says so, where two
    of its vectors become orthogonal. Raises ``RuntimeError`` (torch) where shapes do not fit. Source: van der Vorst
    1992.
    """
    progress = Progress(norm(v, whole), tol)
    w, residual, shadow, p = torch.zeros_like(v), v, v, v
    rho = dot(shadow, residual, whole)
    count = 0
    while count < most and (count or progress.active.any()):
        y = operator.vjp(p)
        y = torch.sub(p, y)
        alpha = progress.keep(divide(rho, dot(shadow, y, whole)))
        w.addcmul_(alpha, p)
        s = torch.addcmul(residual, alpha, y, value=-1)
        count += 1
        if not progress.update(norm(s, whole)) or count == most:
            break
        t = s - operator.vjp(s)
        omega = progress.keep(divide(dot(t, s, whole), dot(t, t, whole)))
        w.addcmul_(omega, s)
        residual = torch.addcmul(s, omega, t, value=-1)
        count += 1
        if not progress.update(norm(residual, whole)):
            break
        new = dot(shadow, residual, whole)
        beta = divide(new, rho) * divide(alpha, omega)
        p = residual + beta * (p - omega * y)
        rho = new
    return progress.end(w)
