"""GMRES cut after k products."""

from __future__ import annotations

import torch
from torch import Tensor

from bench_core.implicit.operator import Adjoint
from bench_core.implicit.settings import ROUNDING
from bench_core.implicit.torch._batch import Solution, divide, dot, norm
from bench_core.method import check_whole


def gmres_k(operator: Adjoint[Tensor], v: Tensor, *, k: int) -> Solution:
    """``w = x + r``: x minimises ``|v - J^T x|`` over the Krylov space of k products, r is the residual that it leaves.

    Adding r is one step of ``w = v + A^T w``, ``A = dT/du``, that costs no product: k of them have k + 1 terms, as they
    have in the Neumann series, and none is JFB. In the form of GCR, whose iterates are GMRES's where the symmetric part
    of J is definite, as a contraction's is, and which solves no small system a sample.

    v (B, D), k from 0. The residual is at most gamma times the least of k products. Cost: k vjps, and 3 j B D
    multiply-adds in the j-th. Raises ``ValueError`` for another k, ``RuntimeError`` (torch) where shapes do not fit.
    Source: Saad and Schultz 1986; Eisenstat, Elman and Schultz 1983.
    """
    check_whole("k", k, "number of products", 0)
    w, residual = torch.zeros_like(v), v
    lost = ROUNDING * torch.finfo(v.dtype).eps
    pairs: list[tuple[Tensor, Tensor]] = []  # p and q = J^T p, the q orthonormal
    for _ in range(k):
        p, q = residual, residual - operator.vjp(residual)
        least = lost * norm(q)
        for known, image in pairs:
            part = dot(image, q)
            p = torch.addcmul(p, part, known, value=-1)
            q = torch.addcmul(q, part, image, value=-1)
        size = norm(q)
        size = torch.where(size > least, size, 0)  # what is less is rounding, and its direction none
        p, q = divide(p, size), divide(q, size)
        step = dot(q, residual)
        w = torch.addcmul(w, step, p)
        residual = torch.addcmul(residual, step, q, value=-1)
        pairs.append((p, q))
    return Solution(w + residual)
