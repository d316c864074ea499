"""Backpropagation through the forward iteration with most states computed again."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.utils.checkpoint import checkpoint

from bench_core.implicit.operator import Operator
from bench_core.implicit.segments import segments


def unrolled_checkpointed(operator: Operator[Tensor], v: Tensor, *, K: int) -> dict[str, Tensor]:
    """As ``unrolled``, keeping the state at the start of every sqrt(K) steps only.

    v (B, D), K from 1. Returns the gradients named as the parameters. Cost: K evaluations and those of all segments but
    the last once more, K - 1 vjps, K parameter-vjps, memory about 2 sqrt(K) B D. Raises ``ValueError`` for another K,
    ``RuntimeError`` (torch) where memory ends. Source: Chen et al. 2016.
    """
    parameters = {name: p.detach().requires_grad_() for name, p in operator.parameters().items()}
    moving = operator.of(operator.arrays | parameters)

    def advance(u: Tensor, steps: int) -> Tensor:
        for _ in range(steps):
            u = moving.evaluate(u)
        return u

    length, count, rest = segments(K)
    # The first step stands apart: it starts from a constant, by which no gradient is asked for.
    u = moving.evaluate(torch.zeros_like(v))
    for _ in range(count):
        u = checkpoint(advance, u, length, use_reentrant=False, preserve_rng_state=False, early_stop=False)
    u = advance(u, rest)
    return dict(zip(parameters, torch.autograd.grad(u, list(parameters.values()), v)))
