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
    have in the Neumann series, and none is JFB. From the residuals as a basis, of whose images ``J^T r_j`` only the
    orthonormal q are kept: x is ``sum_j y_j r_j`` with a triangular system for y, and every r is v less a sum of q's.
    The iterates are GMRES's where the symmetric part of J is definite, as a contraction's is.

    v (B, D), k from 0. The residual is at most gamma times the least of k products. Cost: k vjps, 2 j B D multiply-adds
    in the j-th and 2 B D after each. Raises ``ValueError`` for another k, ``RuntimeError`` (torch) where shapes
    do not fit. Source: Saad and Schultz 1986; Jiranek, Rozloznik and Gutknecht 2008, section 3 (of residuals).
    """
    check_whole("k", k, "number of products", 0)
    residual = v
    least = ROUNDING * torch.finfo(v.dtype).eps * norm(v)
    images: list[Tensor] = []  # q, orthonormal
    columns: list[Tensor] = []  # (B, j + 1): J^T r_j in units of the q
    steps: list[Tensor] = []  # (B, 1): r_j less r_(j + 1), in units of q_j
    for _ in range(k):
        q = residual - operator.vjp(residual)
        parts = []
        for image in images:
            parts.append(dot(image, q))
            q.addcmul_(parts[-1], image, value=-1)
        size = norm(q)
        size = torch.where(size > least, size, 0)  # what is less is v's rounding, and its direction none
        q = divide(q, size)
        columns.append(torch.cat([*parts, size], 1))
        steps.append(dot(q, residual))
        residual = torch.addcmul(residual, steps[-1], q, value=-1)
        images.append(q)
    return Solution(_combine(v, residual, images, columns, steps) if k else v)


def _combine(v: Tensor, residual: Tensor, images: list[Tensor], columns: list[Tensor], steps: list[Tensor]) -> Tensor:
    """``residual + sum_j y_j r_j`` where ``sum_j y_j J^T r_j = sum_j steps_j q_j``, by back substitution."""
    rest, left, w = torch.cat(steps, 1), torch.zeros_like(steps[0]), residual.clone()
    for j in reversed(range(len(images))):
        w.addcmul_(left * steps[j], images[j], value=-1)  # q_j is in all later residuals
        y = divide(rest[:, j : j + 1], columns[j][:, j:])
        rest[:, : j + 1].addcmul_(columns[j], y, value=-1)
        left = left + y
    return w.addcmul_(left, v)
