"""The ordinary gradient with an explicit inverse."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from bench_core.logdet.torch._network import backpropagate


def inverse(
    x: Tensor, weights: Sequence[Tensor], biases: Sequence[Tensor], alpha: float
) -> tuple[list[Tensor], list[Tensor]]:
    """Ordinary gradient of the mean log-likelihood: backpropagation and one inverse per layer.

    ``dW = Delta^T Z + W^-T``, ``db = Delta^T 1``.

    x (B, D), weights L x (D, D), biases L x (D,), alpha the activation's slope. Returns the gradients in the same
    shapes. Cost: (3L-1) 2BD^2 + (8/3) L D^3 FLOPs, about 8 s D^2 bytes a layer. Raises ``torch.linalg.LinAlgError``
    for a singular W. Source: Gresele et al. 2020, eq. 10.
    """
    inputs, _, deltas, _ = backpropagate(x, weights, biases, alpha)
    weight_gradients = [
        # One matrix at a time: torch 2.13.0's batched LU is wrong on the CPU with two threads.
        torch.addmm(torch.linalg.inv(W).T, delta.T, z)
        for W, z, delta in zip(weights, inputs, deltas)
    ]
    return weight_gradients, [delta.sum(0) for delta in deltas]
