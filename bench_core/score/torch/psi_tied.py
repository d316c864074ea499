"""The denoising gradient of a network psi that is a gradient by construction: one hidden layer, tied readout."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import silu

from bench_core.score.torch._network import Parameters, denoising_loss, differentiate


def psi_tied(x: Tensor, y: Tensor, parameters: Parameters, sigma: float) -> tuple[Tensor, dict[str, Tensor]]:
    """Loss and gradient of one denoising step of the tied psi, by reverse mode.

    ``L = mean |x - y - sigma^2 g(y)|^2``, ``g(y) = W_0^T diag(q) s(W_0 y + b_0)``, s the swish: the gradient of
    ``sum_m q_m S(<w_m, y> + b_m)`` with ``S' = s``.

    x, y (B, d), parameters W0 (H, d), b0 (H,), q (H,), sigma the noise's standard deviation. Returns the loss and the
    gradients, named as the parameters. Cost: 2B 5dH FLOPs. Raises ``RuntimeError`` (torch) where shapes do not fit.
    Source: Saremi 2019, eq. 2: theta1 = S theta0.
    """

    def loss(p: Parameters) -> Tensor:
        hidden = silu(torch.addmm(p["b0"], y, p["W0"].T))
        return denoising_loss(x, y, (p["q"] * hidden) @ p["W0"], sigma)

    return differentiate(loss, parameters)
