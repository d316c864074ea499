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
        pulled.insert(0, deltas[0] @ weights[k + 1])
        deltas.insert(0, pull_back(pulled[0], pre[k], alpha))
    return inputs, pre, deltas, pulled


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


def add_outer(W: Tensor, left: Tensor, right: Tensor, out: Tensor | None) -> Tensor:
    """``W + left^T right``, left (B, D) and right (B, D), into ``out`` where there is one."""
    D = len(W)
    whole = W.device.type != "cpu" or D < TILED_FROM or torch.compiler.is_compiling()
    # Of a tensor of another class, one cut over devices, a tile may lie elsewhere.
    if whole or type(W) not in (Tensor, torch.nn.Parameter):
        return torch.addmm(W, left.T, right, out=out)
    out = torch.empty_like(W) if out is None else out
    rows = max(1, TILE // D)
    tile = W.new_empty(rows, D)
    for start in range(0, D, rows):
        part = slice(start, min(start + rows, D))
        product = torch.mm(left[:, part].T, right, out=tile[: part.stop - start])
        torch.add(product, W[part], out=out[part])
    return out


def log_density(z: Tensor) -> Tensor:
    """Standard normal log-density summed over the last axis, without its constant."""
    return -0.5 * (z * z).sum(-1)
