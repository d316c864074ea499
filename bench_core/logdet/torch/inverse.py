"""The ordinary gradient with an explicit inverse."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from bench_core.logdet.torch._network import Gradients, backpropagate, targets


def invert(W: Tensor, out: Tensor | None) -> Tensor:
    """``W^-1``, into ``out`` where it is given; on a GPU without the look at the outcome, which waits."""
    if W.device.type == "cpu":
        return torch.linalg.inv(W, out=out)
    return torch.linalg.inv_ex(W, out=None if out is None else (out, W.new_empty((), dtype=torch.int32)))[0]


def inverse(
    x: Tensor, weights: Sequence[Tensor], biases: Sequence[Tensor], alpha: float, out: Gradients | None = None
) -> Gradients:
    """Ordinary gradient of the mean log-likelihood: backpropagation and one inverse per layer.

    ``dW = Delta^T Z + W^-T``, ``db = Delta^T 1``. The inverse is an LU and a solve with the identity, (8/3) D^3: torch
    has no LAPACK getri, whose inverse takes 2 D^3.

    x (B, D), weights L x (D, D), biases L x (D,), alpha the activation's slope. Returns the gradients in the same
    shapes, written into ``out`` where it is given, for a module's Parameters under ``torch.no_grad()``, as optimisers
    do. Cost: (3L-1) 2BD^2 + (8/3) L D^3 FLOPs, about 8 s D^2 bytes a layer. Raises ``torch.linalg.LinAlgError`` for a
    singular W on the CPU, on a GPU the result is not finite; ``RuntimeError`` (torch) for Parameters and ``out``
    elsewhere. Source: Gresele et al. 2020, eq. 10.
    """
    inputs, _, deltas, _ = backpropagate(x, weights, biases, alpha)
    weight_gradients, bias_gradients = [], []
    for W, z, delta, dW, db in zip(weights, inputs, deltas, *targets(out, len(weights))):
        # One matrix at a time, and no batch of them: see ``backends.factorise``.
        inverted = invert(W, None if dW is None else dW.T)
        weight_gradients.append(inverted.T.addmm_(delta.T, z))
        bias_gradients.append(torch.sum(delta, 0, out=db))
    return weight_gradients, bias_gradients
