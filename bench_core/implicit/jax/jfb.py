"""Jacobian-free backpropagation."""

from __future__ import annotations

from jax import Array

from bench_core.implicit.jax._batch import Solution
from bench_core.implicit.operator import Operator


def jfb(operator: Operator[Array], v: Array) -> Solution:
    """``w = v``: the Jacobian is left out.

    v (B, D) the loss gradient by the fixed point. The parameters' gradient is then ``(dT/dtheta)^T v``, with a relative
    error of at most gamma for w. Cost: no product. Raises nothing. Source: Wu Fung et al. 2022, eq. 16.
    """
    return Solution(v)
