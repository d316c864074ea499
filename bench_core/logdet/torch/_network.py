"""The network's forward and backward pass, shared by the closed-form methods."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn.functional import softplus


def activate(y: Tensor, alpha: float) -> Tensor:
    """``s(y) = a y + (1 - a) softplus(y)``."""
    # torch's default threshold of 20 makes softplus linear too early for float64.
    return alpha * y + (1 - alpha) * softplus(y, threshold=50)


def backpropagate(
    x: Tensor, weights: Sequence[Tensor], biases: Sequence[Tensor], alpha: float
) -> tuple[list[Tensor], list[Tensor], list[Tensor], list[Tensor]]:
    """Inputs Z, pre-activations Y and Delta of every layer, each (B, D); ``bench_core.logdet.oracle`` has the
    formulas.
    """
    batch, last = x.shape[0], len(weights) - 1
    inputs, pre = [x], []
    for k, (W, b) in enumerate(zip(weights, biases)):
        pre.append(torch.addmm(b, inputs[k], W.T))
        if k < last:
            inputs.append(activate(pre[k], alpha))
    deltas, pulled = [pre[last] * (-1.0 / batch)], []
    for k in range(last - 1, -1, -1):
        gate = torch.sigmoid(pre[k])
        slope = alpha + (1 - alpha) * gate
        curve = gate * (1 - gate) * ((1 - alpha) / batch)
        pulled.insert(0, deltas[0] @ weights[k + 1])
        deltas.insert(0, torch.addcdiv(pulled[0] * slope, curve, slope))
    return inputs, pre, deltas, pulled


def log_density(z: Tensor) -> Tensor:
    """Standard normal log-density summed over the last axis, without its constant."""
    return -0.5 * (z * z).sum(-1)
