"""torchdeq's Anderson acceleration on the adjoint equation."""

from __future__ import annotations

from typing import Any

from torch import Tensor
from torchdeq.solver import anderson_solver

from bench_core.implicit.torch._batch import Solution
from bench_core.implicit.torch._peer import tune


def prepare(operator: Any, v: Tensor, tol: float, most: int) -> dict[str, float]:
    """The library's tolerance that reaches ``tol``."""
    return tune(lambda operator, v, rtol: torchdeq_anderson(operator, v, rtol, tol=tol, most=most).w, operator, v, tol)


def torchdeq_anderson(operator: Any, v: Tensor, rtol: float, *, tol: float, most: int) -> Solution:
    """``w = v + A^T w``, ``A = dT/du``, from v.

    v (B, D), rtol the library's relative tolerance, most the largest number of iterations. Cost: a vjp an iteration.
    Raises ``RuntimeError`` (torch) where shapes do not fit. Source: torchdeq, ``anderson_solver``.
    """
    return Solution(anderson_solver(lambda w: v + operator.vjp(w), v, max_iter=most, tol=rtol, stop_mode="rel")[0])
