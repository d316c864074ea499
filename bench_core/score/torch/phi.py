"""The denoising gradient of a network phi whose gradient is the score, by double backpropagation."""

from __future__ import annotations

import torch
from torch import Tensor

from bench_core.score.torch._network import Parameters, denoising_loss, differentiate, phi_of


def phi(x: Tensor, y: Tensor, parameters: Parameters, sigma: float) -> tuple[Tensor, dict[str, Tensor]]:
    """Loss and gradient of one denoising step of grad phi, by reverse mode through reverse mode.

    ``L = mean |x - y - sigma^2 grad phi(y)|^2``, ``phi(y) = <a, s(W_{L-1} ... s(W_0 y + b_0) ...)>``, s the swish.

    x, y (B, d), parameters W0 (H, d), b0 (H,), W1 (H, H), ..., a (H,), sigma the noise's standard deviation. Returns
    the loss and the gradients, named as the parameters. Cost: 2B (5dH + 6(L-1)H^2) FLOPs. Raises ``RuntimeError``
    (torch) where shapes do not fit. Source: Saremi 2019, the objective L(theta) of phi networks.
    """

    def loss(p: Parameters) -> Tensor:
        data = y.detach().requires_grad_()
        (g,) = torch.autograd.grad(phi_of(data, p), data, create_graph=True)
        return denoising_loss(x, y, g, sigma)

    return differentiate(loss, parameters)
