"""The ordinary gradient by automatic differentiation through Jacobians, a few samples at a time."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from bench_core.logdet.torch.jacobian_autodiff import log_likelihood


def jacobian_autodiff_chunked(
    x: Tensor, weights: Sequence[Tensor], biases: Sequence[Tensor], alpha: float, chunk: int
) -> tuple[list[Tensor], list[Tensor]]:
    """``jacobian_autodiff`` of so many samples at once as have ``chunk`` numbers in their Jacobians, one at least.

    The mean over the batch is a sum over its parts, and so is its gradient: as one runs it who has not the memory.

    x (B, D), weights L x (D, D), biases L x (D,), alpha the activation's slope. Returns the gradients in the same
    shapes. Cost: (6L + 2/3) B D^3 FLOPs, and a part's Jacobians in memory several times over. Raises ``RuntimeError``
    (torch) where shapes do not fit or memory ends. Source: Gresele et al. 2020, eq. 2 and section 5.
    """
    parameters = [p.detach().requires_grad_() for p in (*weights, *biases)]
    layers = len(weights)
    gradients = [torch.zeros_like(p) for p in parameters]
    for part in x.split(max(1, chunk // x.shape[1] ** 2)):
        value = log_likelihood(part, parameters[:layers], parameters[layers:], alpha) * (len(part) / len(x))
        for total, gradient in zip(gradients, torch.autograd.grad(value, parameters)):
            total.add_(gradient)
    return gradients[:layers], gradients[layers:]
