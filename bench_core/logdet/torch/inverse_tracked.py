"""The ordinary gradient along relative-gradient steps, without an inverse of W."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from bench_core.logdet.torch._network import Gradients, propagate, pull_turned, targets
from bench_core.logdet.torch.inverse import invert
from bench_core.logdet.torch.relative_step import update


def inverse_tracked(
    x: Tensor,
    weights: Sequence[Tensor],
    biases: Sequence[Tensor],
    inverses: Sequence[Tensor],
    alpha: float,
    rate: float,
    anchor: bool = False,
    out: Gradients | None = None,
) -> tuple[Sequence[Tensor], Sequence[Tensor], Sequence[Tensor], list[Tensor], list[Tensor]]:
    """The ordinary gradient, and ``relative_step``, which keeps every ``V = W^-T`` up to date for the next call.

    ``dW = Delta^T Z + V``, ``db = Delta^T 1``; then ``V <- (V - c (S^-1 Y)^T (Delta V)) / (1 + mu)`` with ``S = I_B + c
    Y Delta^T`` and ``c = mu / (1 + mu)``, because the step is W times a matrix that differs from (1 + mu) I by rank B.
    (An ordinary step is of full rank, by its W^-T: no inverse follows it in O(B D^2).) Of the last layer ``Delta V =
    -(Z + V^T b) / B`` takes no product.

    x (B, D), weights L x (D, D), biases L x (D,), inverses L x (D, D) transposed, alpha the activation's slope, mu > -1
    the rate. A module's Parameters are stepped under ``torch.no_grad()``, as optimisers do. Returns updated weights,
    biases and inverses (all overwritten) and the gradients at those that were given, written into ``out`` where it is
    given. Rounding adds up: ``anchor`` takes the inverses anew from the weights first, (8/3) L D^3, which a training
    loop asks for now and then. Cost: (7L-2) 2BD^2 + L (4 B^2 D + (2/3) B^3) FLOPs; with B > D an inverse costs less.
    Raises ``RuntimeError`` (torch) where shapes do not fit, and for Parameters elsewhere, ``torch.linalg.LinAlgError``
    for a step to a singular W (CPU). Source: the Sherman-Morrison-Woodbury formula along Gresele et al. 2020, eq. 13.
    """
    if anchor:
        for W, V in zip(weights, inverses):
            V.copy_(invert(W, None).T)
    inputs, pre = propagate(x, weights, biases, alpha)
    deltas, turned = pull_turned(pre, weights, alpha)
    weight_gradients, bias_gradients = [], []
    layers = zip(weights, biases, inverses, inputs, pre, deltas, turned, *targets(out, len(weights)))
    for k, (W, b, V, z, y, delta, right, dW, db) in enumerate(layers):
        weight_gradients.append(torch.addmm(V, delta.T, z, out=dW))
        bias_gradients.append(torch.sum(delta, 0, out=db))
        through = delta @ V if k < len(weights) - 1 else (z + V.T @ b).mul_(-1.0 / x.shape[0])
        follow(V, y, delta, through, rate)
        update(W, b, y, delta, rate, right)
    return weights, biases, inverses, weight_gradients, bias_gradients


def follow(V: Tensor, y: Tensor, delta: Tensor, through: Tensor, rate: float) -> None:
    """``V = W^-T`` of one layer after the step, in place; ``through`` is ``Delta V``, all of them (B, D)."""
    c = rate / (1 + rate)
    small = torch.addmm(torch.eye(len(y), dtype=y.dtype, device=y.device), y, delta.T, alpha=c)
    # On a GPU without the look at the outcome, which waits.
    solved = torch.linalg.solve(small, y) if V.device.type == "cpu" else torch.linalg.solve_ex(small, y)[0]
    V.addmm_(solved.T, through, beta=1 / (1 + rate), alpha=-c / (1 + rate))
