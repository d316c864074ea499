"""The ordinary gradient by automatic differentiation through log|det W| of each layer."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from bench_core.logdet.torch._network import activate, log_density, log_slope


def log_likelihood(x: Tensor, weights: Sequence[Tensor], biases: Sequence[Tensor], alpha: float) -> Tensor:
    """Mean log-likelihood of the batch (without the constant of the normal density), log|det W| layer by layer."""
    z, value = x, x.new_zeros(())
    for k, (W, b) in enumerate(zip(weights, biases)):
        y = torch.addmm(b, z, W.T)
        # One matrix at a time, and no batch of them: see ``backends.factorise``.
        value = value + torch.linalg.slogdet(W).logabsdet
        if k < len(weights) - 1:
            z = activate(y, alpha)
            value = value + log_slope(y, alpha).sum() / x.shape[0]
        else:
            z = y
    return value + log_density(z).mean()


def slogdet_autodiff(
    x: Tensor, weights: Sequence[Tensor], biases: Sequence[Tensor], alpha: float
) -> tuple[list[Tensor], list[Tensor]]:
    """Ordinary gradient of the mean log-likelihood by reverse mode: the fair autodiff baseline.

    ``d/dW [ log N(z_L) + sum log s'(Y) + sum log|det W| ]``; the layers' determinants, not the network's Jacobian.

    x (B, D), weights L x (D, D), biases L x (D,), alpha the activation's slope. Returns the gradients in the same
    shapes. Cost: (3L-1) 2BD^2 + (8/3) L D^3 FLOPs, about 9 s D^2 bytes a layer. Raises ``RuntimeError`` (torch) where
    shapes do not fit; a singular W gives gradients that are not finite. Source: Gresele et al. 2020, eq. 9 and
    section 5.
    """
    parameters = [p.detach().requires_grad_() for p in (*weights, *biases)]
    layers = len(weights)
    value = log_likelihood(x, parameters[:layers], parameters[layers:], alpha)
    gradients = torch.autograd.grad(value, parameters)
    return list(gradients[:layers]), list(gradients[layers:])
