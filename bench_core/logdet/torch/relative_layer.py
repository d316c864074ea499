"""The relative gradient as a training script gets it: through the layer and autograd."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from bench_core.logdet.torch._network import log_density
from bench_core.logdet.torch.layer import relative_flow


def relative_layer(
    x: Tensor, weights: Sequence[Tensor], biases: Sequence[Tensor], alpha: float
) -> tuple[list[Tensor], list[Tensor]]:
    """The same numbers as ``relative``, by the backward pass of a loss that is made of the layer's results.

    What it takes above ``relative`` is autograd's and the loss's own, two numbers a sample and layer, W times what the
    log-determinant counts, and gradients that are not written where the last ones were.

    x (B, D), weights L x (D, D), biases L x (D,), alpha the activation's slope. Returns the gradients in the same
    shapes. Cost: (4L-1) 2BD^2 FLOPs, about 5 s D^2 bytes a layer. Raises ``ValueError`` where shapes do not fit.
    Source: Gresele et al. 2020, eq. 13-15 and appendix F.
    """
    parameters = [p.detach().requires_grad_() for p in (*weights, *biases)]
    layers = len(weights)
    z, logabsdet = relative_flow(x, parameters[:layers], parameters[layers:], alpha)
    gradients = torch.autograd.grad((log_density(z) + logabsdet).mean(), parameters)
    return list(gradients[:layers]), list(gradients[layers:])
