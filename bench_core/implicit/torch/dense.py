"""The Jacobian formed and factorised."""

from __future__ import annotations

import torch
from torch import Tensor

from bench_core.implicit.operator import Operator
from bench_core.implicit.torch._batch import Solution


def dense(operator: Operator[Tensor], v: Tensor) -> Solution:
    """``w = J^-T v``, each sample's J from D vjps, by LU.

    v (B, D). Sample by sample: one Jacobian is held, and torch 2.13.0's batched LU is wrong on the CPU with two
    threads. Cost: D vjps a sample and (2/3) B D^3 FLOPs. Raises ``RuntimeError`` (torch) where J is singular, on a GPU
    nothing: w is not finite then. Source: Wu Fung et al. 2022, eq. 14.
    """
    eye = torch.eye(v.shape[1], dtype=v.dtype, device=v.device)
    look = v.device.type == "cpu"  # on a GPU the host would wait for what the factorisation says, once a sample
    rows = []
    for i in range(len(v)):
        # Row j of vjp(I) is (dT/du)^T e_j: the rows together are dT/du.
        J = eye - operator.sample(i).vjp(eye)
        rows.append(torch.linalg.solve_ex(J.T, v[i], check_errors=look)[0])
    return Solution(torch.stack(rows))
