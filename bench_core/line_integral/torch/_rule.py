"""Nodes and weights of a rule as tensors, made once."""

from __future__ import annotations

from functools import lru_cache

import torch
from torch import Tensor

from bench_core.line_integral.settings import RULES


def rule(name: str, Q: int, like: Tensor) -> tuple[Tensor, Tensor]:
    """Nodes and weights (Q, 1) of the rule of this name, in the dtype and on the device of ``like``; not to be changed.

    Q nodes of Gauss-Legendre are an eigenproblem, and take longer than a small integral. Raises ``KeyError`` for an
    unknown rule, ``ValueError`` for a Q that the rule does not have.
    """
    return _placed(name, Q, like.dtype, like.device)


@lru_cache(maxsize=64, typed=True)  # 16.0 is no number of nodes
def _placed(name: str, Q: int, dtype: torch.dtype, device: torch.device) -> tuple[Tensor, Tensor]:
    with torch.inference_mode(False):  # a tensor of inference mode could never be in a graph
        t, w = (torch.as_tensor(a, dtype=dtype, device=device)[:, None] for a in RULES[name](Q))
    return t, w
