"""What the libraries' adapters share: the search for their tolerance, and answers that are none."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from bench_core.implicit.operator import Operator
from bench_core.implicit.torch._batch import allowance, norm
from bench_core.implicit.tuning import Tuned
from bench_core.implicit.tuning import tune as tune_to


def tune(solve: Callable[[float], Tensor], operator: Operator[Tensor], v: Tensor, tol: float) -> Tuned:
    """See ``tuning.tune``: of the largest ``|v - J^T w| / |v|`` of a sample that ``solve`` reaches with a tolerance."""
    size = norm(v)
    size = torch.where(size == 0, 1, size)

    def residuals(rtol: float) -> tuple[float, float]:
        w = solve(rtol)
        found = norm(v - w + operator.vjp(w)) / size
        return float(found.max()), float((found - allowance(norm(w), size)).max())

    return tune_to(residuals, tol)


def only_numbers(w: Tensor, v: Tensor) -> Tensor:
    """w; for a sample whose w is not finite v, from where libraries divide by a residual of zero: right for ``v = 0``
    and ``dT/du = 0``, else judged as any other.
    """
    return torch.where(w.isfinite().all(1, keepdim=True), w, v)
