"""A layer with a learned inverse, which stands for W^-1 in its gradient."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor

from bench_core.logdet.companions import PENALTY, learned_inverse
from bench_core.logdet.problem import LogdetProblem
from bench_core.logdet.torch._network import backpropagate


def self_normalizing(
    x: Tensor,
    weights: Sequence[Tensor],
    biases: Sequence[Tensor],
    alpha: float,
    inverses: Sequence[Tensor],
) -> tuple[list[Tensor], list[Tensor], list[Tensor]]:
    """Gradient of a self-normalizing layer: R learned beside W, ``R^T`` for ``W^-T`` and ``W^T`` for ``R^-T``.

    ``dW = Delta^T Z + R^T``, ``db = Delta^T 1``, and of R, by the density of ``x = R z`` and the reconstruction,
    ``dR = -(Delta W + 2 c (z R^T - x) / B)^T z - W^T`` with ``z = y - b``. The bias of dW is that of R.

    Another model: two matrices a layer. Left out: the penalty's gradient by W, a product more, which is no part of the
    likelihood's, and the paper's common factor of one half.

    x (B, D), weights L x (D, D), biases L x (D,), alpha the activation's slope, inverses L x (D, D). Returns the
    gradients by the three. Cost: 5L 2BD^2 FLOPs. Raises ``RuntimeError`` (torch) where shapes do not fit. Source:
    Keller et al. 2021, section 3.
    """
    inputs, pre, deltas, pulled = backpropagate(x, weights, biases, alpha)
    weight_gradients, inverse_gradients = [], []
    layers = zip(weights, biases, inputs, pre, deltas, [deltas[0] @ weights[0], *pulled], inverses)
    for W, b, given, y, delta, back, R in layers:
        z = y - b
        rest = torch.addmm(given, z, R.T, beta=-1)
        weight_gradients.append(torch.addmm(R.T, delta.T, given))
        left = torch.add(back, rest, alpha=2 * PENALTY / len(x))
        inverse_gradients.append(torch.addmm(W.T, left.T, z, beta=-1, alpha=-1))
    return weight_gradients, [delta.sum(0) for delta in deltas], inverse_gradients


def prepare(problem: LogdetProblem, place: Callable[..., Tensor], *, steps: int) -> tuple[tuple, dict[str, Any]]:
    """The inverses after so many steps of learning."""
    return ([place(learned_inverse(problem, k, steps)) for k in range(problem.L)],), {}
