"""The Neumann series summed until it has converged."""

from __future__ import annotations

from typing import Any

from torch import Tensor

from bench_core.implicit.torch._batch import Progress, Solution, norm


def neumann(operator: Any, v: Tensor, *, tol: float, most: int) -> Solution:
    """``w = sum_j (A^T)^j v``, ``A = dT/du``, until a sample's last term is at most ``tol |v|``.

    The residual of the sum without its last term is that term, so no product is spent on it. v (B, D), tol the
    relative residual per sample, most the largest number of iterations. Cost: n vjps in n iterations, contraction gamma
    each. Diverges, and says so, where the spectral radius of A is not below 1. Raises ``RuntimeError`` (torch)
    where shapes do not fit. Source: Wu Fung et al. 2022, eq. 22.
    """
    progress = Progress(norm(v), tol)
    w, term = v.clone(), v
    for _ in range(most if progress.active.any() else 0):
        term = progress.keep(operator.vjp(term))
        w += term
        if not progress.update(norm(term)):
            break
    return progress.end(w)
