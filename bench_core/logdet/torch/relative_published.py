"""The relative gradient in the order of products that the paper prints."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from bench_core.logdet.torch._network import Gradients, backpropagate, targets


def relative_published(
    x: Tensor, weights: Sequence[Tensor], biases: Sequence[Tensor], alpha: float, out: Gradients | None = None
) -> Gradients:
    """The same numbers as ``relative``, by the paper's products: ``dW = Delta^T ((Z W^T + b) W) + W``.

    The product ``Z W^T`` is taken again although the forward pass has it, and W is added in a pass of its own: the
    yardstick for ``relative``. The biases' log-det term, which public code leaves out, is included.

    x (B, D), weights L x (D, D), biases L x (D,), alpha the activation's slope. Returns the gradients in the same
    shapes, written into ``out`` where it is given, for a module's Parameters under ``torch.no_grad()``, as optimisers
    do. Cost: (5L-1) 2BD^2 FLOPs, about 8 s D^2 bytes a layer. Raises ``RuntimeError`` (torch) where shapes do not fit,
    and for Parameters and ``out`` elsewhere. Source: Gresele et al. 2020, eq. 15 (printed in the row convention y = z
    W).
    """
    inputs, _, deltas, _ = backpropagate(x, weights, biases, alpha)
    weight_gradients, bias_gradients = [], []
    for W, b, z, delta, dW, db in zip(weights, biases, inputs, deltas, *targets(out, len(weights))):
        y = z @ W.T + b
        weight_gradients.append(torch.mm(delta.T, y @ W, out=dW).add_(W))
        bias_gradients.append(torch.mv(delta.T, 1 + y @ b, out=db).add_(b))
    return weight_gradients, bias_gradients
