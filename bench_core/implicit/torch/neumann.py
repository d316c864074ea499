"""The Neumann series summed until it has converged."""

from __future__ import annotations

from torch import Tensor

from bench_core.implicit.operator import Adjoint
from bench_core.implicit.settings import Stop
from bench_core.implicit.torch._batch import Progress, Solution, norm


def neumann(operator: Adjoint[Tensor], v: Tensor, *, stop: Stop) -> Solution:
    """``w <- v + A^T w``, ``A = dT/du``, from v, until a sample's ``|v + A^T w - w|`` is at most ``tol |v|``.

    The series ``sum_j (A^T)^j v`` by Horner's rule, whose change in a step is the residual before it: true to rounding,
    and no product is spent on it. v (B, D), stop the relative residual per sample and the largest number of iterations.
    Cost: n vjps in n iterations, contraction gamma each. Diverges, and says so, where the spectral radius of A is not
    below 1. Raises ``RuntimeError`` (torch) where shapes do not fit. Source: Wu Fung et al. 2022, eq. 22.
    """
    progress = Progress(norm(v), stop)
    w = v.clone()
    while progress.goes_on():
        change = operator.vjp(w).add_(v).sub_(w)
        w = w + progress.keep(change)
        progress.update(norm(change), norm(w))
    return progress.end(w)
