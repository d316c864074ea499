"""The network's forward and backward pass, shared by the closed-form methods."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn.functional import softplus

Gradients = tuple[list[Tensor], list[Tensor]]  # by the weights, by the biases

# From this D on the CPU a product goes tile by tile of this many numbers, which the caches hold, and takes W's tile
# with it: the copy of W that BLAS must start from (C <- W, C <- C + A B) is a pass through memory of its own. Below,
# W's copy is cheaper than taking the product in pieces. Two cores, B = 100: 0.94 of the time at D = 4,000, 1.01 at
# 1,000.
TILED_FROM, TILE = 2000, 1 << 19


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
    """Inputs Z, pre-activations Y and Delta of every layer, each (B, D); ``bench_core.logdet.oracle`` has the
    formulas.
    """
    inputs, pre = propagate(x, weights, biases, alpha)
    return inputs, pre, *pull_through(pre[-1] * (-1.0 / x.shape[0]), pre, weights, alpha)


def propagate(
    x: Tensor, weights: Sequence[Tensor], biases: Sequence[Tensor], alpha: float
) -> tuple[list[Tensor], list[Tensor]]:
    """Inputs Z and pre-activations Y of every layer, each (B, D)."""
    last, inputs, pre = len(weights) - 1, [x], []
    for k, (W, b) in enumerate(zip(weights, biases)):
        pre.append(torch.addmm(b, inputs[k], W.T))
        if k < last:
            inputs.append(activate(pre[k], alpha))
    return inputs, pre


def pull_through(
    delta: Tensor, pre: Sequence[Tensor], weights: Sequence[Tensor], alpha: float, share: Tensor | None = None
) -> tuple[list[Tensor], list[Tensor]]:
    """Delta of every layer from the last one's, and what W makes of each but the first, (B, D)."""
    deltas, pulled = [delta], []
    for k in range(len(pre) - 2, -1, -1):
        pulled.insert(0, deltas[0] @ weights[k + 1])
        deltas.insert(0, pull_back(pulled[0], pre[k], alpha, share))
    return deltas, pulled


def pull_back(pulled: Tensor, y: Tensor, alpha: float, share: Tensor | None = None) -> Tensor:
    """Delta of a layer whose pre-activations are y: the gradient by its output, through the activation, and that of
    ``log s'(y)``; all (B, D). ``share`` (B, 1) is what each sample's ``log s'`` counts, 1 / B where it is not given.
    """
    gate = torch.sigmoid(y)
    slope = (gate * (1 - alpha)).add_(alpha)
    count = (1 - alpha) / y.shape[0] if share is None else (1 - alpha) * share
    curve = torch.addcmul(gate, gate, gate, value=-1).mul_(count)
    return (pulled * slope).addcdiv_(curve, slope)


def targets(out: Gradients | None, layers: int) -> tuple[Sequence[Tensor | None], Sequence[Tensor | None]]:
    """The tensors that results are written into, or None for each."""
    return out if out is not None else ([None] * layers, [None] * layers)


def add_product(W: Tensor, left: Tensor, right: Tensor, out: Tensor | None, times: Tensor | None = None) -> Tensor:
    """``W + left right``, W taken ``times`` where that is given, into ``out`` where there is one."""
    # A number on its device is none of addmm's: reading it would wait. The copy of W takes it.
    return torch.addmm(W, left, right, out=out) if times is None else torch.mul(W, times, out=out).addmm_(left, right)


def add_outer(W: Tensor, left: Tensor, right: Tensor, out: Tensor | None, times: Tensor | None = None) -> Tensor:
    """``W + left^T right``, left (B, D) and right (B, D), W taken ``times`` where that is given, into ``out`` where
    there is one.
    """
    D = len(W)
    whole = W.device.type != "cpu" or D < TILED_FROM or torch.compiler.is_compiling()
    # Of a tensor of another class, one cut over devices, a tile may lie elsewhere.
    if whole or type(W) not in (Tensor, torch.nn.Parameter):
        return add_product(W, left.T, right, out, times)
    out = torch.empty_like(W) if out is None else out
    rows = max(1, TILE // D)
    tile = W.new_empty(rows, D)
    for start in range(0, D, rows):
        part = slice(start, min(start + rows, D))
        product = torch.mm(left[:, part].T, right, out=tile[: part.stop - start])
        if times is None:
            torch.add(product, W[part], out=out[part])
        else:
            torch.addcmul(product, W[part], times, out=out[part])
    return out


def log_density(z: Tensor) -> Tensor:
    """Standard normal log-density summed over the last axis, without its constant."""
    return -0.5 * (z * z).sum(-1)
