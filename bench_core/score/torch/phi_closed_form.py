"""The denoising gradient of a network phi whose gradient is the score, written out."""

from __future__ import annotations

import torch
from torch import Tensor

from bench_core.score.torch._network import Parameters, depth, layers


def phi_closed_form(x: Tensor, y: Tensor, parameters: Parameters, sigma: float) -> tuple[Tensor, dict[str, Tensor]]:
    """Loss and gradient of one denoising step of grad phi, every product once and no graph.

    Layers ``h_k = z_k W_k^T + b_k``; back ``u_{L-1} = a``, ``u_{k-1} = (u_k s'(h_k)) W_k``, ``grad phi = d_0 W_0`` with
    ``d_k = u_k s'(h_k)``; along the loss's gradient e ``z'_0 = e``, ``l_k = z'_k W_k^T``, ``z'_{k+1} = s'(h_k) l_k``;
    ``t_k = u'_k s'(h_k) + u_k s''(h_k) l_k``, ``u'_{k-1} = t_k W_k``; then ``dW_k = t_k^T z_k + d_k^T z'_k``.

    x, y (B, d), parameters W0 (H, d), b0 (H,), W1 (H, H), ..., a (H,), sigma the noise's standard deviation. Returns
    the loss and the gradients, named as the parameters. Cost: 2B (5dH + 6(L-1)H^2) FLOPs. Raises ``RuntimeError``
    (torch) where shapes do not fit. Source: the objective L(theta) of Saremi 2019, differentiated by hand.
    """
    last, batch = depth(parameters) - 1, x.shape[0]
    weights = [parameters[f"W{k}"] for k in range(last + 1)]
    inputs, gates, slopes = layers(y, parameters)
    backs, deltas = [parameters["a"]], [parameters["a"] * slopes[last]]
    for k in range(last, 0, -1):
        backs.insert(0, deltas[0] @ weights[k])
        deltas.insert(0, backs[0] * slopes[k - 1])
    rest = torch.sub(x - y, deltas[0] @ weights[0], alpha=sigma**2)
    moved, lifts = [rest * (-2 * sigma**2 / batch)], []
    for W, slope in zip(weights, slopes):
        lifts.append(moved[-1] @ W.T)
        moved.append(slope * lifts[-1])
    gradients = {"a": moved[-1].sum(0)}
    turned = None
    for k in range(last, -1, -1):
        curve = (1 - gates[k]) * (2 * slopes[k] - inputs[k + 1])
        turn = backs[k] * curve * lifts[k]
        if turned is not None:
            turn = torch.addcmul(turn, turned, slopes[k])
        gradients[f"W{k}"] = (deltas[k].T @ moved[k]).addmm_(turn.T, inputs[k])
        gradients[f"b{k}"] = turn.sum(0)
        if k:
            turned = turn @ weights[k]
    return (rest * rest).sum() / batch, gradients
