"""The denoising gradient of a network phi whose gradient is the score, without reverse mode through reverse mode."""

from __future__ import annotations

import torch
from torch import Tensor

from bench_core.score.torch._network import Parameters, phi_of


def phi_forward_over_reverse(
    x: Tensor, y: Tensor, parameters: Parameters, sigma: float
) -> tuple[Tensor, dict[str, Tensor]]:
    """Loss and gradient of one denoising step of grad phi: phi's parameter gradient, differentiated along the loss's.

    With ``r = x - y - sigma^2 grad phi(y)`` and ``e = -(2 sigma^2 / B) r``: ``dL = d/dt grad_theta phi(y + t e)`` at
    t = 0, because ``<grad phi, e>`` is the derivative of phi along e.

    x, y (B, d), parameters W0 (H, d), b0 (H,), W1 (H, H), ..., a (H,), sigma the noise's standard deviation. Returns
    the loss and the gradients, named as the parameters. Cost: 2B (8dH + 11(L-1)H^2) FLOPs. Raises ``RuntimeError``
    (torch) where shapes do not fit. Source: Pearlmutter 1994, on the objective L(theta) of Saremi 2019.
    """
    held = {name: p.detach() for name, p in parameters.items()}
    g = torch.func.grad(phi_of)(y, held)
    rest = x - y - sigma**2 * g
    direction = rest * (-2 * sigma**2 / x.shape[0])
    gradient = torch.func.grad(lambda p, data: phi_of(data, p))
    moved = torch.func.jvp(lambda data: gradient(held, data), (y,), (direction,))[1]
    return (rest * rest).sum() / x.shape[0], moved
