"""The line integral of a Jacobian that is the network's output as it is: the output layer once a sample."""

from __future__ import annotations

import torch
from torch import Tensor

from bench_core.line_integral.torch._jacobian import Parameters, hidden_along, outputs, square, times
from bench_core.line_integral.torch._rule import rule


def averaged_hidden(x: Tensor, target: Tensor, parameters: Parameters, J: str, Q: int) -> dict[str, Tensor]:
    """``sum_q w_q (W1 h_q + b1) = W1 (sum_q w_q h_q) + b1``: the output layer is linear and may follow the quadrature.

    The numbers of ``gauss_legendre`` for J ``free``, at a Qth of its work in the output layer,
    and in W0, for ``W0 (t x) = t (W0 x)``.

    x, target (B, d), parameters W0 (H, d), b0 (H,), W1 (d^2, H), b1 (d^2,), J ``free``, Q the number of nodes, from 1.
    Returns loss, y (B, d) and the gradients, named as the parameters. Cost: 2B (2dH + 3H d^2 + 2d^2) FLOPs. Raises
    ``ValueError`` for another Q, ``RuntimeError`` (torch) where shapes do not fit. Source: linearity of the output
    layer.
    """
    t, w = rule("gauss_legendre", Q, x)
    leaves = {name: p.detach().requires_grad_() for name, p in parameters.items()}
    average = (w[:, None] * hidden_along(x, t[:, None], leaves)).sum(0)
    y = times(square(outputs(average, leaves), x.shape[1]), x)
    loss = ((y - target) ** 2).sum() / len(x)
    gradients = torch.autograd.grad(loss, list(leaves.values()))
    return {"loss": loss.detach(), "y": y.detach(), **dict(zip(leaves, gradients))}
