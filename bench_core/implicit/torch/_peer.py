"""What the libraries' adapters share: the search for their tolerance, and answers that are none."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from bench_core.implicit.operator import Operator
from bench_core.implicit.torch._batch import allowance, norm
from bench_core.implicit.tuning import Residuals, Tuned, nudge
from bench_core.implicit.tuning import tune as tune_to


def tune(solve: Callable[[float, Tensor], Tensor], operator: Operator[Tensor], v: Tensor, tol: float) -> Tuned:
    """See ``tuning.tune``: of what ``measure`` tells of the ``solve`` of a right side with a tolerance."""

    def residuals(v: Tensor) -> Residuals:
        return lambda rtol: measure(solve(rtol, v), operator, v)

    return tune_to(residuals(v), tol, residuals(nudged(v)))


def nudged(v: Tensor) -> Tensor:
    """v, but for rounding."""
    return v * nudge(torch.finfo(v.dtype).eps)


def measure(w: Tensor, operator: Operator[Tensor], v: Tensor) -> tuple[float, float]:
    """The largest ``|v - J^T w| / |v|`` of a sample, and the same less what its format holds of that."""
    size = norm(v)
    size = torch.where(size == 0, 1, size)
    found = norm(v - w + operator.vjp(w)) / size
    return float(found.max()), float((found - allowance(norm(w), size)).max())


def only_numbers(w: Tensor, v: Tensor) -> Tensor:
    """w; for a sample whose w is not finite v, from where libraries divide by a residual of zero: right for ``v = 0``
    and ``dT/du = 0``, else judged as any other.
    """
    return torch.where(w.isfinite().all(1, keepdim=True), w, v)
