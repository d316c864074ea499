"""The ordinary gradient and the log-determinant's value, from one factorisation."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from bench_core.logdet.torch._network import Gradients, backpropagate, targets


def ordinary_with_value(
    x: Tensor, weights: Sequence[Tensor], biases: Sequence[Tensor], alpha: float, out: Gradients | None = None
) -> tuple[list[Tensor], list[Tensor], Tensor]:
    """Ordinary gradient of the mean log-likelihood and log|det W| of every layer: what both cost who wants both.

    ``dW = Delta^T Z + W^-T``, ``db = Delta^T 1``, ``log|det W| = sum log|U_ii|`` of the LU that the inverse takes.

    x (B, D), weights L x (D, D), biases L x (D,), alpha the activation's slope. Returns the gradients in the same
    shapes, written into ``out`` where it is given, for a module's Parameters under ``torch.no_grad()``, as optimisers
    do, and (L,). Cost: (3L-1) 2BD^2 + (8/3) L D^3 FLOPs, about 8 s D^2 bytes a layer. Raises ``RuntimeError`` (torch)
    for a singular W on the CPU, on a GPU the result is not finite, and for Parameters and ``out`` elsewhere. Source:
    Gresele et al. 2020, eq. 9 and 10.
    """
    inputs, _, deltas, _ = backpropagate(x, weights, biases, alpha)
    weight_gradients, bias_gradients, values = [], [], []
    for W, z, delta, dW, db in zip(weights, inputs, deltas, *targets(out, len(weights))):
        # One matrix at a time, and no batch of them: see ``backends.factorise``. On a GPU without the look at the
        # outcome, which waits.
        factorise = torch.linalg.lu_factor if W.device.type == "cpu" else torch.linalg.lu_factor_ex
        packed, pivots = factorise(W)[:2]
        values.append(packed.diagonal().abs().log_().sum())
        identity = torch.eye(len(W), dtype=W.dtype, device=W.device)
        inverted = torch.linalg.lu_solve(packed, pivots, identity, out=None if dW is None else dW.T)
        weight_gradients.append(inverted.T.addmm_(delta.T, z))
        bias_gradients.append(torch.sum(delta, 0, out=db))
    return weight_gradients, bias_gradients, torch.stack(values)
