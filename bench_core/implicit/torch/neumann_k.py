"""The Neumann series cut after k products."""

from __future__ import annotations

from torch import Tensor

from bench_core.implicit.operator import Adjoint
from bench_core.implicit.torch._batch import Solution
from bench_core.method import check_whole


def neumann_k(operator: Adjoint[Tensor], v: Tensor, *, k: int) -> Solution:
    """``w = v + A^T v + ... + (A^T)^k v`` by Horner's rule, ``A = dT/du``.

    v (B, D), k from 0. The relative error of w is at most ``gamma^(k+1)``. Cost: k vjps, ``2 k B D^2`` FLOPs. Raises
    ``ValueError`` for another k, ``RuntimeError`` (torch) where shapes do not fit. Source: Wu Fung et al. 2022, eq. 22;
    Liao et al. 2018.
    """
    check_whole("k", k, "number of products", 0)
    w = v
    for _ in range(k):
        w = v + operator.vjp(w)
    return Solution(w)
