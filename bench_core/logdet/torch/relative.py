"""The relative gradient."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from bench_core.logdet.torch._network import Gradients, add_product, backpropagate_turned, targets


def relative(
    x: Tensor, weights: Sequence[Tensor], biases: Sequence[Tensor], alpha: float, out: Gradients | None = None
) -> Gradients:
    """Relative gradient of the mean log-likelihood, without inverse or determinant.

    ``dW = Delta^T (Y W) + W``, ``db = Delta^T (1 + Y b) + b``: the ordinary gradient times ``W^T W`` from the right.

    x (B, D), weights L x (D, D), biases L x (D,), alpha the activation's slope. Returns the gradients in the same
    shapes, written into ``out`` where it is given, for a module's Parameters under ``torch.no_grad()``, as optimisers
    do. Cost: (4L-1) 2BD^2 FLOPs, about 5 s D^2 bytes a layer (s bytes a number). Raises ``RuntimeError`` (torch) where
    shapes do not fit, and for Parameters and ``out`` elsewhere. Source: Gresele et al. 2020, eq. 13-15 and appendix F;
    "+ W" is folded into the last product.
    """
    pre, deltas, turned = backpropagate_turned(x, weights, biases, alpha)
    weight_gradients, bias_gradients = [], []
    for W, b, y, delta, right, dW, db in zip(weights, biases, pre, deltas, turned, *targets(out, len(weights))):
        weight_gradients.append(differentiate_weight(W, y, delta, right, dW))
        bias_gradients.append(differentiate_bias(b, y, delta, db))
    return weight_gradients, bias_gradients


def differentiate_weight(
    W: Tensor,
    y: Tensor,
    delta: Tensor,
    turned: Tensor | None = None,
    out: Tensor | None = None,
    total: Tensor | None = None,
) -> Tensor:
    """``dW`` of one layer, (D, D); ``turned`` is ``Y W`` where the caller has it; the log-determinant counts ``total``
    (one where it is not given).
    """
    if y.shape[0] > y.shape[1]:  # B > D: the D x D product first is the cheaper order
        return add_product(W, delta.T @ y, W, out, total)
    return add_product(W, delta.T, y @ W if turned is None else turned, out, total)


def differentiate_bias(
    b: Tensor, y: Tensor, delta: Tensor, out: Tensor | None = None, total: Tensor | None = None
) -> Tensor:
    """``db`` of one layer, (D,); the log-determinant counts ``total`` (one where it is not given)."""
    return torch.addmv(b if total is None else b * total, delta.T, 1 + y @ b, out=out)
