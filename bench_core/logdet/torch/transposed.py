"""The transposed relative gradient."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from bench_core.logdet.torch._network import Gradients, backpropagate, targets


def transposed(
    x: Tensor, weights: Sequence[Tensor], biases: Sequence[Tensor], alpha: float, out: Gradients | None = None
) -> Gradients:
    """Transposed relative gradient of the mean log-likelihood: the ordinary one times ``W W^T`` from the left.

    ``dW = (G W^T)^T Z + W``, ``db = (G W^T)^T 1`` with ``G = Delta W``, which backpropagation has for all layers but
    the first.

    x (B, D), weights L x (D, D), biases L x (D,), alpha the activation's slope. Returns the gradients in the same
    shapes, written into ``out`` where it is given, for a module's Parameters under ``torch.no_grad()``, as optimisers
    do. Cost: 4L 2BD^2 FLOPs, about 5 s D^2 bytes a layer. Raises ``RuntimeError`` (torch) where shapes do not fit, and
    for Parameters and ``out`` elsewhere. Source: Gresele et al. 2020, section 4, "transposed relative gradient".
    """
    inputs, _, deltas, pulled = backpropagate(x, weights, biases, alpha)
    weight_gradients, bias_gradients = [], []
    layers = zip(weights, inputs, [deltas[0] @ weights[0], *pulled], *targets(out, len(weights)))
    for W, z, delta_w, dW, db in layers:
        turned = delta_w @ W.T
        weight_gradients.append(torch.addmm(W, turned.T, z, out=dW))
        bias_gradients.append(torch.sum(turned, 0, out=db))
    return weight_gradients, bias_gradients
