"""torchopt's conjugate gradients on the normal equations."""

from __future__ import annotations

import warnings
from typing import Any

from torch import Tensor
from torchopt.linear_solve import solve_normal_cg

from bench_core.implicit.torch._batch import Solution
from bench_core.implicit.torch._peer import tune


def prepare(operator: Any, v: Tensor, tol: float, most: int) -> dict[str, float]:
    """The library's tolerance that reaches ``tol``."""
    return tune(lambda operator, v, rtol: torchopt_normal_cg(operator, v, rtol, tol=tol, most=most).w, operator, v, tol)


def torchopt_normal_cg(operator: Any, v: Tensor, rtol: float, *, tol: float, most: int) -> Solution:
    """``J J^T w = J v`` for the whole batch as one system; the library transposes the product itself, by autodiff.

    v (B, D), rtol the library's relative tolerance, most the largest number of iterations. Cost: a vjp and a jvp an
    iteration. Raises ``RuntimeError`` (torch) where shapes do not fit. Source: torchopt,
    ``linear_solve.solve_normal_cg``.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # it asks for functorch by its old name
        return Solution(solve_normal_cg(rtol=rtol, maxiter=most)(lambda w: w - operator.vjp(w), v))
