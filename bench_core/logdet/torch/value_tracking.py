"""The likelihood's value along relative-gradient steps, without a determinant of W."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from bench_core.logdet.torch._network import backpropagate_turned
from bench_core.logdet.torch.relative_step import update


def logabsdet_change(y: Tensor, delta: Tensor, rate: float, outer: Tensor | None = None) -> Tensor:
    """How log|det W| changes under ``W <- (1 + mu) W + mu Delta^T Y W``, a number.

    ``D log(1 + mu) + log|det(I_B + mu / (1 + mu) Y Delta^T)|`` (determinant lemma; with B > D its D x D twin, for which
    ``outer`` is ``Delta^T Y`` where the caller has it). y and delta (B, D); 2 B^2 D + (2/3) B^3 FLOPs. Needs mu > -1.
    """
    batch, dimension = y.shape
    if batch <= dimension:
        small = y @ delta.T
    else:
        small = delta.T @ y if outer is None else outer
    small = small * (rate / (1 + rate)) + torch.eye(small.shape[0], dtype=y.dtype, device=y.device)
    return torch.linalg.slogdet(small).logabsdet + dimension * math.log1p(rate)


def value_tracking(
    x: Tensor, weights: Sequence[Tensor], biases: Sequence[Tensor], logabsdet: Tensor, alpha: float, rate: float
) -> tuple[Sequence[Tensor], Sequence[Tensor], Tensor]:
    """``relative_step`` that keeps log|det W| of every layer up to date: the likelihood's value without O(D^3).

    ``log|det W'| = log|det W| + D log(1 + mu) + log|det(I_B + mu / (1 + mu) Y Delta^T)|``.

    x (B, D), weights L x (D, D), biases L x (D,), logabsdet (L,), alpha the activation's slope, mu > -1 the rate. A
    module's Parameters are stepped under ``torch.no_grad()``, as optimisers do. Returns updated weights and biases
    (overwritten) and logabsdet. Rounding adds up: re-anchor with ``slogdet`` now and then. Cost: (4L-1) 2BD^2 + L (2
    B^2 D + (2/3) B^3) FLOPs. Raises ``RuntimeError`` (torch) where shapes do not fit, and for Parameters elsewhere.
    Source: the matrix determinant lemma along Gresele et al. 2020, eq. 13.
    """
    pre, deltas, turned = backpropagate_turned(x, weights, biases, alpha)
    changes = []
    for W, b, y, delta, right in zip(weights, biases, pre, deltas, turned):
        outer = delta.T @ y if right is None else None
        changes.append(logabsdet_change(y, delta, rate, outer))
        update(W, b, y, delta, rate, right, outer)
    return weights, biases, logabsdet + torch.stack(changes)
