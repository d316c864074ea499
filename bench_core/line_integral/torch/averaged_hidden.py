"""The line integral of a Jacobian that is the network's output as it is: the output layer once a sample."""

from __future__ import annotations

import torch
from torch import Tensor

from bench_core.line_integral.torch._jacobian import Parameters, hidden, square, times
from bench_core.line_integral.torch._rule import rule


def averaged_hidden(x: Tensor, target: Tensor, parameters: Parameters, J: str, Q: int) -> dict[str, Tensor]:
    """``sum_q w_q (W1 h_q + b1) = W1 (sum_q w_q h_q) + b1``: the output layer is linear and may follow the quadrature.

    The numbers of ``gauss_legendre`` for J ``free``, at a Qth of its work in the output layer.

    x, target (B, d), parameters W0 (H, d), b0 (H,), W1 (d^2, H), b1 (d^2,), J ``free``, Q the number of nodes, from 1.
    Returns loss, y (B, d) and the gradients, named as the parameters. Cost: 2B (2QdH + 3H d^2 + 2d^2) FLOPs. Raises
    ``ValueError`` for another Q, ``RuntimeError`` (torch) where shapes do not fit. Source: linearity of the output
    layer.
    """
    t, w = rule("gauss_legendre", Q, x)
    leaves = {name: p.detach().requires_grad_() for name, p in parameters.items()}
    points = (t[:, None] * x).reshape(-1, x.shape[1])
    average = (w[:, None] * hidden(points, leaves).view(len(t), len(x), -1)).sum(0)
    y = times(square(torch.addmm(leaves["b1"], average, leaves["W1"].T), x.shape[1]), x)
    loss = ((y - target) ** 2).sum() / len(x)
    gradients = torch.autograd.grad(loss, list(leaves.values()))
    return {"loss": loss.detach(), "y": y.detach(), **dict(zip(leaves, gradients))}
