"""The curl of psi from dense Jacobians."""

from __future__ import annotations

import torch
from torch import Tensor

from bench_core.score.torch._network import Parameters, jacobians_of


def curl_dense(y: Tensor, v: Tensor, parameters: Parameters, chunk: int) -> Tensor:
    """``|J - J^T|_F^2`` of every sample, J the Jacobian of psi, formed; the probes v are not used.

    A few samples are taken at a time.

    y, v (B, d), parameters of psi as in ``psi``, chunk the numbers of Jacobians that are held at once. Returns (B,).
    Cost: the hidden layers forward and d rows of each Jacobian, 2B (d+1) (dH + (L-1)H^2) FLOPs. Raises
    ``RuntimeError`` (torch) where shapes do not fit. Source: the definition.
    """
    out = []
    for data in y.split(max(1, chunk // y.shape[1] ** 2)):
        # Row by row: one sum over a whole Jacobian loses four of float32's seven digits at d = 2,048.
        rows = torch.linalg.vector_norm(_subtract_transposed(jacobians_of(data, parameters)), dim=2)
        out.append(rows.square().sum(1))
    return torch.cat(out)


def _subtract_transposed(jacobians: Tensor) -> Tensor:
    if len(jacobians) > 1:
        return jacobians - jacobians.mT
    # Of one large matrix torch copies the transpose by blocks; to subtract across its rows takes four times as long.
    transposed = torch.empty_like(jacobians)
    transposed[0].copy_(jacobians[0].mT)
    return transposed.sub_(jacobians)
