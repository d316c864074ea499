"""The forward solve's quasi-Newton factors in the backward pass."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from bench_core.implicit.torch._batch import Solution, norm
from bench_core.implicit.torch.forward_broyden import solve

FALLBACK = 1.3


def prepare(operator: Any, v: Tensor, tol: float, most: int) -> dict[str, Tensor]:
    """What the forward solve leaves behind."""
    return solve(operator, tol, most)[1]._asdict()


def shine(operator: Any, v: Tensor, left: Tensor, right: Tensor) -> Solution:
    """``w = H^T v`` with H the inverse Jacobian that Broyden's method has built on its way to the fixed point.

    With the paper's fallback: a sample whose w is longer than 1.3 |v| gets v, since a bad factor has blown it up.
    v (B, D), left and right (n, B, D) with ``H = I + sum_j left_j right_j^T``. Approximate, no bound. Cost: no
    product, 4 n B D FLOPs. Raises ``RuntimeError`` (torch) where shapes do not fit. Source: Ramzi et al. 2022,
    sections 2 and 3.
    """
    w = v + (right * (left * v).sum(2, keepdim=True)).sum(0)
    return Solution(torch.where(norm(w) > FALLBACK * norm(v), v, w))
