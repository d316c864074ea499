"""The forward solve's quasi-Newton factors in the backward pass."""

from __future__ import annotations

import torch
from torch import Tensor

from bench_core.implicit.operator import Operator
from bench_core.implicit.settings import FALLBACK, KEPT, Stop
from bench_core.implicit.torch._batch import Solution, norm
from bench_core.implicit.torch.forward_broyden import solve
from bench_core.implicit.tuning import Prepared


def prepare(operator: Operator[Tensor], v: Tensor, stop: Stop, *, pairs: int = KEPT) -> Prepared:
    """What the forward solve by Broyden's method leaves behind, at most so many ``pairs``."""
    return Prepared(solve(operator, torch.zeros_like(v), stop, pairs)[1]._asdict(), {})


def shine(operator: Operator[Tensor], v: Tensor, left: Tensor, right: Tensor) -> Solution:
    """``w = H^T v`` with H the inverse Jacobian that Broyden's method has built on its way to the fixed point.

    With the paper's fallback: a sample whose w is longer than 1.3 |v| gets v, since a bad factor has blown it up.
    v (B, D), left and right (n, B, D) with ``H = I + sum_j left_j right_j^T``. Approximate, no bound. Cost: no
    product, 4 n B D FLOPs. Raises ``RuntimeError`` (torch) where shapes do not fit. Source: Ramzi et al. 2022,
    sections 2 and 3.
    """
    w = v + (right * (left * v).sum(2, keepdim=True)).sum(0)
    return Solution(torch.where(norm(w) > FALLBACK * norm(v), v, w))
