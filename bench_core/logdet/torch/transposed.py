"""The transposed relative gradient."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from bench_core.logdet.torch._network import backpropagate


def transposed(
    x: Tensor, weights: Sequence[Tensor], biases: Sequence[Tensor], alpha: float
) -> tuple[list[Tensor], list[Tensor]]:
    """Transposed relative gradient of the mean log-likelihood: the ordinary one times ``W W^T`` from the left.

    ``dW = (G W^T)^T Z + W``, ``db = (G W^T)^T 1`` with ``G = Delta W``, which backpropagation has for all layers but
    the first.

    x (B, D), weights L x (D, D), biases L x (D,), alpha the activation's slope. Returns the gradients in the same
    shapes. Cost: 4L 2BD^2 FLOPs, about 5 s D^2 bytes a layer. Raises ``RuntimeError`` (torch) where shapes do not fit.
    Source: Gresele et al. 2020, section 4, "transposed relative gradient".
    """
    inputs, _, deltas, pulled = backpropagate(x, weights, biases, alpha)
    weight_gradients, bias_gradients = [], []
    for W, z, delta_w in zip(weights, inputs, [deltas[0] @ weights[0], *pulled]):
        turned = delta_w @ W.T
        weight_gradients.append(torch.addmm(W, turned.T, z))
        bias_gradients.append(turned.sum(0))
    return weight_gradients, bias_gradients
