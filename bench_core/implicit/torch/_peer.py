"""What the libraries' adapters share: the search for their tolerance, and answers that are none."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from bench_core.implicit.operator import Operator
from bench_core.implicit.torch._batch import allowance, norm
from bench_core.implicit.tuning import find_loosest


def tune(solve: Callable[[float], Tensor], operator: Operator[Tensor], v: Tensor, tol: float) -> float:
    """The loosest library tolerance for which every sample's ``|v - J^T w| / |v|`` is at most ``tol``, or within what
    its format holds of that where none is, as ours are stopped.
    """
    size = norm(v)
    size = torch.where(size == 0, 1, size)

    def residual(rtol: float, allowed: bool = False) -> float:
        w = solve(rtol)
        found = norm(v - w + operator.vjp(w)) / size
        return float((found - allowance(norm(w), size) if allowed else found).max())

    rtol = find_loosest(residual, tol)
    return rtol if residual(rtol) <= tol else find_loosest(lambda rtol: residual(rtol, allowed=True), tol)


def only_numbers(w: Tensor, v: Tensor) -> Tensor:
    """w; for a sample whose w is not finite v, from where libraries divide by a residual of zero: right for ``v = 0``
    and ``dT/du = 0``, else judged as any other.
    """
    return torch.where(w.isfinite().all(1, keepdim=True), w, v)
