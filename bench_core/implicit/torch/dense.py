"""The Jacobian formed and factorised."""

from __future__ import annotations

import torch
from torch import Tensor

from bench_core.backends.factorise import alone
from bench_core.implicit._singular import SingularJacobian
from bench_core.implicit.operator import Operator
from bench_core.implicit.torch._batch import Solution


def dense(operator: Operator[Tensor], v: Tensor, chunk: int) -> Solution:
    """``w = J^-T v``, ``J = I - dT/du`` of every sample formed and factorised by LU.

    v (B, D). So many samples at once as have ``chunk`` numbers in their Jacobians, one at least. Cost: (2/3) B D^3
    FLOPs and what the Jacobians take, see ``Operator.jacobians``. Raises ``SingularJacobian`` on the CPU; on a GPU,
    where the host would wait to hear of it, w is not finite then. Source: Wu Fung et al. 2022, eq. 14.
    """
    size = max(1, chunk // v.shape[1] ** 2)
    form, parts = operator.jacobians(), []
    for start, right in zip(range(0, len(v), size), v.split(size)):
        negative = form(start, len(right))  # -J, which is there without one pass more over dT/du
        negative.diagonal(dim1=1, dim2=2).sub_(1)
        w, failed = _solve(negative, -right)
        if v.device.type == "cpu" and failed.any():
            raise SingularJacobian(start + int(failed.nonzero()[0, 0]))
        parts.append(w)
    return Solution(torch.cat(parts))


def _solve(J: Tensor, v: Tensor) -> tuple[Tensor, Tensor]:
    """``J^T w = v`` for rows v (n, D): w, and for each sample whether it failed, (n,)."""
    if alone(J):
        w, failed = zip(*(torch.linalg.solve_ex(A.T, b) for A, b in zip(J, v)))
        return torch.stack(w), torch.stack(failed)
    w, failed = torch.linalg.solve_ex(J, v[:, None], left=False)
    return w[:, 0], failed
