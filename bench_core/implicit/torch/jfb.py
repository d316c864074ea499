"""Jacobian-free backpropagation."""

from __future__ import annotations

from torch import Tensor

from bench_core.implicit.operator import Operator
from bench_core.implicit.torch._batch import Solution


def jfb(operator: Operator[Tensor], v: Tensor) -> Solution:
    """``w = v``: the Jacobian is left out.

    v (B, D) the loss gradient by the fixed point. The parameters' gradient is then ``(dT/dtheta)^T v``, with a relative
    error of at most gamma for w. Cost: no product. Raises nothing. Source: Wu Fung et al. 2022, eq. 16.
    """
    return Solution(v)
