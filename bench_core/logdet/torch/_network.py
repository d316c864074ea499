"""The network's forward and backward pass, shared by the closed-form methods."""

from __future__ import annotations

from collections.abc import Sequence
from typing import overload

import torch
from torch import Tensor
from torch.nn.functional import softplus

Gradients = tuple[list[Tensor], list[Tensor]]  # by the weights, by the biases
LearnedGradients = tuple[list[Tensor], list[Tensor], list[Tensor]]  # and by the learned inverses

# From this D on the CPU's Delta W and Y W are one product of 2B rows: W is read once. Two cores, B = 100: 0.975 of the
# time from D = 2,000 on, as long at 1,000; at 100 the copies are 4 %.
STACKED_FROM = 1500


def activate(y: Tensor, alpha: float) -> Tensor:
    """``s(y) = a y + (1 - a) softplus(y)``."""
    # torch's default threshold of 20 makes softplus linear too early for float64.
    return torch.lerp(softplus(y, threshold=50), y, alpha)


def log_slope(y: Tensor, alpha: float) -> Tensor:
    """``log s'(y) = log(a + (1 - a) sigmoid(y))``."""
    return torch.log(alpha + (1 - alpha) * torch.sigmoid(y))


def backpropagate(
    x: Tensor, weights: Sequence[Tensor], biases: Sequence[Tensor], alpha: float
) -> tuple[list[Tensor], list[Tensor], list[Tensor], list[Tensor]]:
    """Inputs Z, pre-activations Y, Delta of every layer and ``Delta W`` of all but the first, each (B, D);
    ``bench_core.logdet.oracle`` has the formulas.
    """
    inputs, pre = propagate(x, weights, biases, alpha)
    deltas, pulled, _ = pull_through(last_delta(pre), pre, weights, alpha)
    return inputs, pre, deltas, pulled


def backpropagate_turned(
    x: Tensor, weights: Sequence[Tensor], biases: Sequence[Tensor], alpha: float
) -> tuple[list[Tensor], list[Tensor], list[Tensor | None]]:
    """Pre-activations Y, Delta and ``Y W`` of every layer, each (B, D): what the relative gradient is made of."""
    _, pre = propagate(x, weights, biases, alpha)
    return pre, *pull_turned(pre, weights, alpha)


def pull_turned(
    pre: Sequence[Tensor], weights: Sequence[Tensor], alpha: float
) -> tuple[list[Tensor], list[Tensor | None]]:
    """Delta and ``Y W`` of every layer, each (B, D). No ``Y W`` where B > D: there ``Delta^T Y`` first is the cheaper
    order.
    """
    batch, dimension = pre[0].shape
    beside = pre if batch <= dimension else ()
    deltas, _, turned = pull_through(last_delta(pre), pre, weights, alpha, beside=beside)
    return deltas, [pre[0] @ weights[0] if beside else None, *turned]


@overload
def turn(delta: Tensor, y: Tensor, W: Tensor) -> tuple[Tensor, Tensor]: ...
@overload
def turn(delta: Tensor, y: None, W: Tensor) -> tuple[Tensor, None]: ...
def turn(delta: Tensor, y: Tensor | None, W: Tensor) -> tuple[Tensor, Tensor | None]:
    """``Delta W``, and ``Y W`` where there is a Y, each (B, D)."""
    if y is None:
        return delta @ W, None
    if takes_stacked(y):
        pulled, turned = (torch.cat([delta, y]) @ W).split(len(y))
        return pulled, turned
    return delta @ W, y @ W


def takes_stacked(y: Tensor) -> bool:
    """Whether the products of two (B, D) arrays like y with one W are taken as one. Of tensors of another class, which
    may be cut over devices, they are taken one by one, and on a GPU, where ``relative`` with them as one takes 0.99 to
    1.04 of the time in float32 and 0.95 to 0.98 in TF32 and bfloat16 (an H200, D = 1,000 to 20,000).
    """
    batch, dimension = y.shape
    return STACKED_FROM <= dimension >= batch and type(y) is Tensor and y.device.type == "cpu"


def propagate(
    x: Tensor, weights: Sequence[Tensor], biases: Sequence[Tensor], alpha: float
) -> tuple[list[Tensor], list[Tensor]]:
    """Inputs Z and pre-activations Y of every layer, each (B, D)."""
    inputs, pre = [x], []
    for k, (W, b) in enumerate(zip(weights, biases)):
        pre.append(torch.addmm(b, inputs[k], W.T))
        if k < len(weights) - 1:
            inputs.append(activate(pre[k], alpha))
    return inputs, pre


def last_delta(pre: Sequence[Tensor]) -> Tensor:
    """Delta of the last layer, which is linear."""
    return pre[-1] * (-1.0 / pre[-1].shape[0])


def pull_through(
    delta: Tensor,
    pre: Sequence[Tensor],
    weights: Sequence[Tensor],
    alpha: float,
    share: Tensor | None = None,
    beside: Sequence[Tensor | None] = (),
) -> tuple[list[Tensor], list[Tensor], list[Tensor | None]]:
    """Delta of every layer from the last one's, and what W makes of each but the first, (B, D); the same of what is
    ``beside`` it, an array a layer, or None.
    """
    deltas: list[Tensor] = [delta]
    pulled: list[Tensor] = []
    turned: list[Tensor | None] = []
    for k in range(len(pre) - 1, 0, -1):
        left, right = turn(deltas[0], beside[k] if beside else None, weights[k])
        pulled.insert(0, left)
        turned.insert(0, right)
        deltas.insert(0, pull_back(left, pre[k - 1], alpha, share))
    return deltas, pulled, turned


def pull_back(pulled: Tensor, y: Tensor, alpha: float, share: Tensor | None = None) -> Tensor:
    """Delta of a layer whose pre-activations are y: the gradient by its output, through the activation, and that of
    ``log s'(y)``; all (B, D). ``share`` (B, 1) is what each sample's ``log s'`` counts, 1 / B where it is not given.
    """
    gate = torch.sigmoid(y)
    slope = (gate * (1 - alpha)).add_(alpha)
    count = (1 - alpha) / y.shape[0] if share is None else (1 - alpha) * share
    curve = torch.addcmul(gate, gate, gate, value=-1).mul_(count)
    return (pulled * slope).addcdiv_(curve, slope)


def targets(
    out: Gradients | LearnedGradients | None, layers: int, sides: int = 2
) -> tuple[Sequence[Tensor | None], ...]:
    """The tensors that results are written into, or None for each, on so many sides: by the weights, by the biases, and
    by the learned inverses.
    """
    return out if out is not None else ([None] * layers,) * sides


def add_product(W: Tensor, left: Tensor, right: Tensor, out: Tensor | None, times: Tensor | None = None) -> Tensor:
    """``W + left right``, W taken ``times`` where that is given, into ``out`` where there is one."""
    # A number on its device is none of addmm's: reading it would wait. The copy of W takes it.
    return torch.addmm(W, left, right, out=out) if times is None else torch.mul(W, times, out=out).addmm_(left, right)


def log_density(z: Tensor) -> Tensor:
    """Standard normal log-density summed over the last axis, without its constant."""
    return -0.5 * (z * z).sum(-1)
