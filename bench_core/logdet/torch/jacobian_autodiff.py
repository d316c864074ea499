"""The ordinary gradient by automatic differentiation through the network's Jacobian of every sample."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from bench_core.backends.factorise import alone
from bench_core.logdet.torch._network import activate, log_density


def log_likelihood(x: Tensor, weights: Sequence[Tensor], biases: Sequence[Tensor], alpha: float) -> Tensor:
    """Mean log-likelihood of the batch (without the constant of the normal density), from dense Jacobians."""

    def network(z: Tensor) -> tuple[Tensor, Tensor]:
        for k, (W, b) in enumerate(zip(weights, biases)):
            y = W @ z + b
            z = activate(y, alpha) if k < len(weights) - 1 else y
        return z, z

    jacobians, z = torch.func.vmap(torch.func.jacrev(network, has_aux=True))(x)
    if alone(jacobians):
        logdets = torch.stack([torch.linalg.slogdet(J).logabsdet for J in jacobians])
    else:
        logdets = torch.linalg.slogdet(jacobians).logabsdet
    return (log_density(z) + logdets).mean()


def jacobian_autodiff(
    x: Tensor, weights: Sequence[Tensor], biases: Sequence[Tensor], alpha: float
) -> tuple[list[Tensor], list[Tensor]]:
    """Ordinary gradient of the mean log-likelihood by reverse mode through B dense Jacobians: the paper's autodiff.

    ``d/dW mean_i [ log N(g(x_i)) + log|det dg/dx(x_i)| ]``, nothing known about the network's structure.

    x (B, D), weights L x (D, D), biases L x (D,), alpha the activation's slope. Returns the gradients in the same
    shapes. Cost: (6L + 2/3) B D^3 FLOPs and B D x D Jacobians in memory several times over. Raises ``RuntimeError``
    (torch) where shapes do not fit or memory ends. Source: Gresele et al. 2020, eq. 2 and section 5.
    """
    parameters = [p.detach().requires_grad_() for p in (*weights, *biases)]
    layers = len(weights)
    value = log_likelihood(x, parameters[:layers], parameters[layers:], alpha)
    gradients = torch.autograd.grad(value, parameters)
    return list(gradients[:layers]), list(gradients[layers:])
