"""The denoising gradient of a network psi that is trained directly."""

from __future__ import annotations

from torch import Tensor

from bench_core.score.torch._network import Parameters, denoising_loss, differentiate, psi_of


def psi(x: Tensor, y: Tensor, parameters: Parameters, sigma: float) -> tuple[Tensor, dict[str, Tensor]]:
    """Loss and gradient of one denoising step of psi, by reverse mode.

    ``L = mean |x - y - sigma^2 psi(y)|^2``, ``psi(y) = V s(W_{L-1} ... s(W_0 y + b_0) ...) + c``, s the swish.

    x, y (B, d), parameters W0 (H, d), b0 (H,), W1 (H, H), ..., V (d, H), c (d,), sigma the noise's standard deviation.
    Returns the loss and the gradients, named as the parameters. Cost: 2B (5dH + 3(L-1)H^2) FLOPs. Raises
    ``RuntimeError`` (torch) where shapes do not fit. Source: Saremi 2019, the objective L[psi].
    """
    return differentiate(lambda p: denoising_loss(x, y, psi_of(y, p), sigma), parameters)
