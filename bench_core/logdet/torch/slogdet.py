"""log|det W| by LU."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor


def slogdet(x: Tensor, weights: Sequence[Tensor], biases: Sequence[Tensor], alpha: float) -> Tensor:
    """log|det W| of every layer, (L,): what ``value_tracking`` does without.

    weights L x (D, D); x, biases and alpha are not used. Cost: (2/3) L D^3 FLOPs. Raises ``RuntimeError`` (torch) for a
    matrix that is not square. Source: LU with partial pivoting (LAPACK getrf).
    """
    # One matrix at a time, and no batch of them: see ``backends.factorise``.
    return torch.stack([torch.linalg.slogdet(W).logabsdet for W in weights])
