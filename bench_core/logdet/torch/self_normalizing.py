"""A layer with a learned inverse, which stands for W^-1 in its gradient."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor

from bench_core.logdet.companions import PENALTY, learned_inverse
from bench_core.logdet.problem import LogdetProblem
from bench_core.logdet.torch._network import LearnedGradients, backpropagate, targets


def self_normalizing(
    x: Tensor,
    weights: Sequence[Tensor],
    biases: Sequence[Tensor],
    alpha: float,
    inverses: Sequence[Tensor],
    out: LearnedGradients | None = None,
) -> LearnedGradients:
    """Gradient of a self-normalizing layer: R learned beside W, ``R^T`` for ``W^-T`` and ``W^T`` for ``R^-T``.

    ``dW = Delta^T Z + R^T``, ``db = Delta^T 1``, and of R, by the density of ``x = R z`` and the reconstruction,
    ``dR = -(Delta W + 2 c (z R^T - x) / B)^T z - W^T`` with ``z = y - b``. The bias of dW is that of R. The
    parameter is ``R^T``: what is added to a product then lies as the product does, both times.

    Another model: two matrices a layer. Left out: the penalty's gradient by W, a product more, which is no part of the
    likelihood's, and the paper's common factor of one half.

    x (B, D), weights L x (D, D), biases L x (D,), alpha the activation's slope, inverses L x (D, D) transposed. Returns
    the gradients by the three, written into ``out`` where it is given, for a module's Parameters under
    ``torch.no_grad()``, as optimisers do. Cost: 5L 2BD^2 FLOPs. Raises ``RuntimeError`` (torch) where shapes do not
    fit, and for Parameters and ``out`` elsewhere. Source: Keller et al. 2021, section 3.
    """
    inputs, pre, deltas, pulled = backpropagate(x, weights, biases, alpha)
    weight_gradients, bias_gradients, inverse_gradients = [], [], []
    backs, into = [deltas[0] @ weights[0], *pulled], targets(out, len(weights), 3)
    layers = zip(weights, biases, inputs, pre, deltas, backs, inverses, *into)
    for W, b, given, y, delta, back, turned, dW, db, dR in layers:
        z = y - b
        rest = torch.addmm(given, z, turned, beta=-1)
        weight_gradients.append(torch.addmm(turned, delta.T, given, out=dW))
        bias_gradients.append(torch.sum(delta, 0, out=db))
        right = torch.add(back, rest, alpha=2 * PENALTY / len(x))
        inverse_gradients.append(torch.addmm(W, z.T, right, beta=-1, alpha=-1, out=dR))
    return weight_gradients, bias_gradients, inverse_gradients


def prepare(problem: LogdetProblem, place: Callable[..., Tensor], *, steps: int) -> tuple[tuple, dict[str, Any]]:
    """The inverses after so many steps of learning, transposed."""
    return ([place(learned_inverse(problem, k, steps).T) for k in range(problem.L)],), {}
