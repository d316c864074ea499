"""The Neumann series summed until it has converged."""

from __future__ import annotations

import torch
from torch import Tensor

from bench_core.implicit.operator import Adjoint
from bench_core.implicit.settings import Stop
from bench_core.implicit.torch._batch import Progress, Solution, norm


def neumann(operator: Adjoint[Tensor], v: Tensor, *, stop: Stop) -> Solution:
    """``w = sum_j (A^T)^j v``, ``A = dT/du``, until a sample's last term is at most ``tol |v|``.

    The residual of the sum without its last term is that term; the true one, with what rounding has done to the sum, is
    computed before a sample may stop, and the series goes on from there where it falls short. (Horner's rule has the
    true residual in every step, at two more passes over the batch: 1.2 to 1.5 times the time.) v (B, D), stop the
    relative residual per sample and the largest number of iterations. Cost: n + 1 vjps in n iterations, contraction
    gamma each. Diverges, and says so, where the spectral radius of A is not below 1. Raises ``RuntimeError`` (torch)
    where shapes do not fit. Source: Wu Fung et al. 2022, eq. 22.
    """
    return iterate(operator, v, torch.zeros_like(v), v, Progress(norm(v), stop))


def iterate(operator: Adjoint[Tensor], v: Tensor, w: Tensor, residual: Tensor, progress: Progress) -> Solution:
    """The series of the residual ``v - J^T w``, added to w, which is overwritten."""
    while progress.goes_on():
        term = progress.keep(residual)
        w += term
        while progress.goes_on():
            term = progress.keep(operator.vjp(term))
            w += term
            progress.update(norm(term))
        residual = v - w + operator.vjp(w)
        progress.check(residual)
    return progress.end(w)
