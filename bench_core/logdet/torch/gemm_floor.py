"""The products that no exact method can avoid, and nothing else."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from bench_core.logdet.torch._network import turn


def gemm_floor(
    x: Tensor, weights: Sequence[Tensor], biases: Sequence[Tensor], alpha: float, out: list[Tensor] | None = None
) -> list[Tensor]:
    """The (4L-1) products of ``relative`` in its shapes and order, with nothing between them.

    ``h_k = h_{k-1} W_k^T``; ``g_L = h_{L-1}``, ``g_{k-1} = g_k W_k``; result ``g_k^T (h_k W_k)`` for every layer.
    ``g_k W_k`` and ``h_k W_k`` are one product of 2B rows where ``relative`` takes them so. (Starting back from h_{L-1}
    and not from h_L keeps them from being the same.)

    x (B, D), weights L x (D, D); biases and alpha are not used. Returns L arrays (D, D), written into ``out`` where it
    is given, for a module's Parameters under ``torch.no_grad()``, as optimisers do. Cost: (4L-1) 2BD^2 FLOPs, about 4 s
    D^2 bytes a layer. Raises ``RuntimeError`` (torch) where shapes do not fit, and for Parameters and ``out``
    elsewhere. Source: the products of eq. 15 alone.
    """
    hidden = [x]
    for W in weights:
        hidden.append(hidden[-1] @ W.T)
    back, batch = hidden[-2], len(x)
    results: list[Tensor] = []
    for k in range(len(weights) - 1, -1, -1):
        h, W, target = hidden[k + 1], weights[k], None if out is None else out[k]
        left, pulled = back.T, None
        if batch > len(W):
            left, right = left @ h, W
        elif k:
            pulled, right = turn(back, h, W)
        else:
            right = h @ W
        results.insert(0, torch.mm(left, right, out=target))
        if k:
            back = back @ W if pulled is None else pulled
    return results
