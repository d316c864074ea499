"""The denoising gradient of a network psi that is trained directly, written out."""

from __future__ import annotations

import torch
from torch import Tensor

from bench_core.score.torch._network import Parameters, depth, layers


def psi_closed_form(x: Tensor, y: Tensor, parameters: Parameters, sigma: float) -> tuple[Tensor, dict[str, Tensor]]:
    """Loss and gradient of one denoising step of psi, every product once and no graph.

    Layers ``h_k = z_k W_k^T + b_k``, ``z_{k+1} = s(h_k)``, ``psi = z_L V^T + c``; along the loss's gradient e
    ``dV = e^T z_L``, ``u_{L-1} = e V``, ``d_k = u_k s'(h_k)``, ``u_{k-1} = d_k W_k``; then ``dW_k = d_k^T z_k``.

    x, y (B, d), parameters W0 (H, d), b0 (H,), W1 (H, H), ..., V (d, H), c (d,), sigma the noise's standard deviation.
    Returns the loss and the gradients, named as the parameters. Cost: 2B (5dH + 3(L-1)H^2) FLOPs. Raises
    ``RuntimeError`` (torch) where shapes do not fit. Source: the objective L[psi] of Saremi 2019, differentiated by
    hand.
    """
    last, batch = depth(parameters) - 1, x.shape[0]
    weights = [parameters[f"W{k}"] for k in range(last + 1)]
    inputs, _, slopes = layers(y, parameters)
    g = torch.addmm(parameters["c"], inputs[-1], parameters["V"].T)
    rest = torch.sub(x - y, g, alpha=sigma**2)
    e = rest * (-2 * sigma**2 / batch)
    gradients = {"V": e.T @ inputs[-1], "c": e.sum(0)}
    back = e @ parameters["V"]
    for k in range(last, -1, -1):
        delta = back * slopes[k]
        gradients[f"W{k}"] = delta.T @ inputs[k]
        gradients[f"b{k}"] = delta.sum(0)
        if k:
            back = delta @ weights[k]
    return (rest * rest).sum() / batch, gradients
