"""One step along the relative gradient, in place."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from bench_core.logdet.torch._network import backpropagate_turned


def relative_step(
    x: Tensor, weights: Sequence[Tensor], biases: Sequence[Tensor], alpha: float, rate: float
) -> tuple[Sequence[Tensor], Sequence[Tensor]]:
    """Ascend the mean log-likelihood by one relative-gradient step; weights and biases are overwritten.

    ``W <- (1 + mu) W + mu Delta^T (Y W)``, ``b <- (1 + mu) b + mu Delta^T (1 + Y b)`` with mu the rate.

    x (B, D), weights L x (D, D), biases L x (D,), alpha the activation's slope. A module's Parameters are stepped under
    ``torch.no_grad()``, as optimisers do. Returns the updated parameters. Cost: (4L-1) 2BD^2 FLOPs, about 5 s D^2 bytes
    a layer; no gradient is stored, the update is one product's beta and alpha. Raises ``RuntimeError`` (torch) where
    shapes do not fit, and for Parameters elsewhere. Source: Gresele et al. 2020, eq. 13 and appendix F.
    """
    pre, deltas, turned = backpropagate_turned(x, weights, biases, alpha)
    for W, b, y, delta, right in zip(weights, biases, pre, deltas, turned):
        update(W, b, y, delta, rate, right)
    return weights, biases


def update(
    W: Tensor,
    b: Tensor,
    y: Tensor,
    delta: Tensor,
    rate: float,
    turned: Tensor | None = None,
    outer: Tensor | None = None,
) -> None:
    """The step of one layer, in place; ``turned`` is ``Y W`` and ``outer`` (B > D) ``Delta^T Y`` where the caller has
    it.
    """
    if y.shape[0] > y.shape[1]:  # B > D: small matrices, and W may not be both operand and result
        W.copy_(torch.addmm(W, delta.T @ y if outer is None else outer, W, beta=1 + rate, alpha=rate))
    else:
        W.addmm_(delta.T, y @ W if turned is None else turned, beta=1 + rate, alpha=rate)
    b.addmv_(delta.T, 1 + y @ b, beta=1 + rate, alpha=rate)
