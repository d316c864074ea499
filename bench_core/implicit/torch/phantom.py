"""The phantom gradient."""

from __future__ import annotations

from torch import Tensor

from bench_core.implicit.operator import Adjoint
from bench_core.implicit.torch._batch import Solution
from bench_core.method import check_share, check_whole


def phantom(operator: Adjoint[Tensor], v: Tensor, *, k: int, damping: float) -> Solution:
    """``w = damping * sum_{j<k} B^j v`` with ``B = damping A^T + (1 - damping) I``, by Horner's rule.

    The gradient through k damped steps ``u <- damping T(u) + (1 - damping) u`` from the fixed point. v (B, D), k from
    1, 0 < damping <= 1. Cost: k - 1 vjps. Raises ``ValueError`` for a setting that is none, ``RuntimeError`` (torch)
    where shapes do not fit. Source: Geng et al. 2021, eq. 12.
    """
    check_whole("k", k, "number of steps")
    check_share("damping", damping, "damping", one=True)
    w = v
    for _ in range(k - 1):
        w = v + damping * operator.vjp(w) + (1 - damping) * w
    return Solution(damping * w)
