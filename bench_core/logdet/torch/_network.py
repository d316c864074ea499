"""The network's forward and backward pass, shared by the closed-form methods."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn.functional import softplus

Gradients = tuple[list[Tensor], list[Tensor]]  # by the weights, by the biases

# From this D on Delta W and Y W are one product of 2B rows: W is read once. Two cores, B = 100: 0.975 of the time from
# D = 2,000 on, as long at 1,000; at 100 the copies are 4 %.
STACKED_FROM = 1500


def activate(y: Tensor, alpha: float) -> Tensor:
    """``s(y) = a y + (1 - a) softplus(y)``."""
    # torch's default threshold of 20 makes softplus linear too early for float64.
    return torch.lerp(softplus(y, threshold=50), y, alpha)


def backpropagate(
    x: Tensor, weights: Sequence[Tensor], biases: Sequence[Tensor], alpha: float
) -> tuple[list[Tensor], list[Tensor], list[Tensor], list[Tensor]]:
    """Inputs Z, pre-activations Y, Delta of every layer and ``Delta W`` of all but the first, each (B, D);
    ``bench_core.logdet.oracle`` has the formulas.
    """
    inputs, pre = _forward(x, weights, biases, alpha)
    deltas, pulled = [_last_delta(pre)], []
    for k in range(len(weights) - 1, 0, -1):
        pulled.insert(0, deltas[0] @ weights[k])
        deltas.insert(0, pull_back(pulled[0], pre[k - 1], alpha))
    return inputs, pre, deltas, pulled


def backpropagate_turned(
    x: Tensor, weights: Sequence[Tensor], biases: Sequence[Tensor], alpha: float
) -> tuple[list[Tensor], list[Tensor], list[Tensor | None]]:
    """Pre-activations Y, Delta and ``Y W`` of every layer, each (B, D): what the relative gradient is made of.

    No ``Y W`` where B > D: there ``Delta^T Y`` first is the cheaper order.
    """
    _, pre = _forward(x, weights, biases, alpha)
    batch, dimension = x.shape
    deltas: list[Tensor] = [_last_delta(pre)]
    turned: list[Tensor | None] = []
    for k in range(len(weights) - 1, 0, -1):
        if takes_stacked(x):
            pulled, right = (torch.cat([deltas[0], pre[k]]) @ weights[k]).split(batch)
        else:
            pulled, right = deltas[0] @ weights[k], pre[k] @ weights[k] if batch <= dimension else None
        turned.insert(0, right)
        deltas.insert(0, pull_back(pulled, pre[k - 1], alpha))
    turned.insert(0, pre[0] @ weights[0] if batch <= dimension else None)
    return pre, deltas, turned


def takes_stacked(x: Tensor) -> bool:
    """Whether the products of two (B, D) arrays like x with one W are taken as one. Of tensors of another class, which
    may be cut over devices, they are taken one by one.
    """
    batch, dimension = x.shape
    return STACKED_FROM <= dimension >= batch and type(x) is Tensor


def _forward(
    x: Tensor, weights: Sequence[Tensor], biases: Sequence[Tensor], alpha: float
) -> tuple[list[Tensor], list[Tensor]]:
    inputs, pre = [x], []
    for k, (W, b) in enumerate(zip(weights, biases)):
        pre.append(torch.addmm(b, inputs[k], W.T))
        if k < len(weights) - 1:
            inputs.append(activate(pre[k], alpha))
    return inputs, pre


def _last_delta(pre: list[Tensor]) -> Tensor:
    return pre[-1] * (-1.0 / pre[-1].shape[0])


def pull_back(pulled: Tensor, y: Tensor, alpha: float) -> Tensor:
    """Delta of a layer whose pre-activations are y: the gradient by its output, through the activation, and that of
    ``log s'(y)``; all (B, D).
    """
    gate = torch.sigmoid(y)
    slope = (gate * (1 - alpha)).add_(alpha)
    curve = torch.addcmul(gate, gate, gate, value=-1).mul_((1 - alpha) / y.shape[0])
    return (pulled * slope).addcdiv_(curve, slope)


def targets(out: Gradients | None, layers: int) -> tuple[Sequence[Tensor | None], Sequence[Tensor | None]]:
    """The tensors that results are written into, or None for each."""
    return out if out is not None else ([None] * layers, [None] * layers)


def log_density(z: Tensor) -> Tensor:
    """Standard normal log-density summed over the last axis, without its constant."""
    return -0.5 * (z * z).sum(-1)
