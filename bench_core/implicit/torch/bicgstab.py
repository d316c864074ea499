"""Stabilised bi-conjugate gradients."""

from __future__ import annotations

import torch
from torch import Tensor

from bench_core.implicit.operator import Adjoint
from bench_core.implicit.settings import Stop
from bench_core.implicit.torch._batch import Progress, Solution, divide, dot, norm


def bicgstab(operator: Adjoint[Tensor], v: Tensor, *, stop: Stop, whole: bool = False) -> Solution:
    """BiCGStab for ``J^T w = v``, stopped after any half step.

    Its recurrence drifts from the true residual, which is computed before a sample may stop; one that falls short
    starts again from there. If ``whole`` the batch is one system with one step length, stopped when every sample is
    done. v (B, D), stop the relative residual per sample and the largest number of iterations; an iteration is a half
    step. Cost: n + 1 vjps in n iterations. Breaks down, and says so, where two of its vectors become orthogonal. Raises
    ``RuntimeError`` (torch) where shapes do not fit. Source: van der Vorst 1992.
    """
    progress = Progress(norm(v), stop, whole)
    w, residual = torch.zeros_like(v), v
    while progress.goes_on():
        shadow = p = residual
        rho = dot(shadow, residual, whole)
        while progress.goes_on():
            y = p - operator.vjp(p)
            alpha = progress.keep(divide(rho, dot(shadow, y, whole)))
            w.addcmul_(alpha, p)
            s = torch.addcmul(residual, alpha, y, value=-1)
            progress.update(norm(s))
            if not progress.goes_on():
                break
            t = s - operator.vjp(s)
            omega = progress.keep(divide(dot(t, s, whole), dot(t, t, whole)))
            w.addcmul_(omega, s)
            residual = torch.addcmul(s, omega, t, value=-1)
            progress.update(norm(residual))
            new = dot(shadow, residual, whole)
            beta = divide(new, rho) * divide(alpha, omega)
            p = residual + beta * (p - omega * y)
            rho = new
        residual = v - w + operator.vjp(w)
        progress.check(residual)
    return progress.end(w)
