"""Backpropagation through every step of the forward iteration."""

from __future__ import annotations

import torch
from torch import Tensor

from bench_core.implicit.operator import Operator
from bench_core.method import check_whole


def unrolled(operator: Operator[Tensor], v: Tensor, *, K: int) -> dict[str, Tensor]:
    """Gradient of ``<v, u_K>`` through ``u_k = T(u_{k-1}; d)``, ``u_0 = 0``, by reverse mode; all states are kept.

    v (B, D), K from 1. Returns the gradients named as the parameters; their relative error falls as ``K gamma^K``.
    Cost: K evaluations, K - 1 vjps, K parameter-vjps, memory K B D. Raises ``ValueError`` for another K,
    ``RuntimeError`` (torch) where memory ends. Source: Wu Fung et al. 2022, figure 4.
    """
    check_whole("K", K, "number of steps")
    parameters = {name: p.detach().requires_grad_() for name, p in operator.parameters().items()}
    moving = operator.of(operator.arrays | parameters)
    u = torch.zeros_like(v)
    for _ in range(K):
        u = moving.evaluate(u)
    return dict(zip(parameters, torch.autograd.grad(u, list(parameters.values()), v)))
