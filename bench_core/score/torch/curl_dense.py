"""The curl of psi from dense Jacobians."""

from __future__ import annotations

import torch
from torch import Tensor

from bench_core.score.torch._network import Parameters, psi_of


def curl_dense(y: Tensor, v: Tensor, parameters: Parameters, chunk: int) -> Tensor:
    """``|J - J^T|_F^2`` of every sample, J the Jacobian of psi from d vjps; the probes v are not used.

    A few samples are taken at a time.

    y, v (B, d), parameters of psi as in ``psi``, chunk the numbers of Jacobians that are held at once. Returns (B,).
    Cost: d vjps, 2B (d+1) (2dH + (L-1)H^2) FLOPs. Raises ``RuntimeError`` (torch) where shapes do not fit. Source: the
    definition.
    """
    dimension = y.shape[1]
    eye = torch.eye(dimension, dtype=y.dtype, device=y.device)
    out = []
    for data in y.split(max(1, chunk // dimension**2)):
        pull = torch.func.vjp(lambda data: psi_of(data, parameters), data)[1]
        rows = torch.func.vmap(pull)(eye[:, None].expand(-1, len(data), -1))[0]  # row i of J of every sample
        jacobians = rows.transpose(0, 1)
        out.append(((jacobians - jacobians.transpose(1, 2)) ** 2).sum((1, 2)))
    return torch.cat(out)
