"""torchdeq's fixed-point iteration on the adjoint equation."""

from __future__ import annotations

from typing import Any

from torch import Tensor
from torchdeq.solver import fixed_point_iter

from bench_core.implicit.torch._batch import Solution
from bench_core.implicit.torch._peer import tune


def prepare(operator: Any, v: Tensor, tol: float, most: int) -> dict[str, float]:
    """The library's tolerance that reaches ``tol``."""
    return tune(
        lambda operator, v, rtol: torchdeq_fixed_point(operator, v, rtol, tol=tol, most=most).w, operator, v, tol
    )


def torchdeq_fixed_point(operator: Any, v: Tensor, rtol: float, *, tol: float, most: int) -> Solution:
    """``w = v + A^T w``, ``A = dT/du``, from v.

    v (B, D), rtol the library's relative tolerance, most the largest number of iterations. Cost: a vjp an iteration.
    Raises ``RuntimeError`` (torch) where shapes do not fit. Source: torchdeq, ``fixed_point_iter``.
    """
    return Solution(fixed_point_iter(lambda w: v + operator.vjp(w), v, max_iter=most, tol=rtol, stop_mode="rel")[0])
