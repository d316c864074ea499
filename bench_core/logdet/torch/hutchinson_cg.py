"""The ordinary gradient with probes for W^-T, solved by conjugate gradients."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor

from bench_core.logdet.companions import signs
from bench_core.logdet.problem import LogdetProblem
from bench_core.logdet.torch._network import Gradients, backpropagate, targets
from bench_core.method import check_whole


def hutchinson_cg(
    x: Tensor,
    weights: Sequence[Tensor],
    biases: Sequence[Tensor],
    alpha: float,
    probes: Tensor,
    out: Gradients | None = None,
    *,
    iterations: int,
) -> Gradients:
    """Ordinary gradient of the mean log-likelihood, ``W^-T = E v (W^-1 v)^T`` estimated by n probes of signs.

    ``dW = Delta^T Z + V^T U / n``, ``W u = v`` for each row of V. Unbiased but for what the solve leaves; the noise of
    the second term is ``sqrt((D - 1) / n)`` of its size.

    x (B, D), weights L x (D, D), biases L x (D,), alpha the activation's slope, probes V (n, D), which a training loop
    draws anew, iterations of the solve, from 1. Returns the gradients in the same shapes, written into ``out`` where it
    is given, for a module's Parameters under ``torch.no_grad()``, as optimisers do. Cost: (3L-1) 2BD^2 + L (2
    iterations + 1) 2nD^2 FLOPs. Raises ``ValueError`` for another number of them, ``RuntimeError`` (torch) where shapes
    do not fit, and for Parameters and ``out`` elsewhere. Source: Hutchinson 1990 on Gresele et al. 2020, eq. 10; CGLS
    (Bjorck 1996, algorithm 7.4.1).
    """
    check_whole("iterations", iterations, "number of iterations")
    inputs, _, deltas, _ = backpropagate(x, weights, biases, alpha)
    weight_gradients, bias_gradients = [], []
    for W, z, delta, dW, db in zip(weights, inputs, deltas, *targets(out, len(weights))):
        solved = solve(W, probes, iterations)
        weight_gradients.append(torch.mm(delta.T, z, out=dW).addmm_(probes.T, solved, alpha=1 / len(probes)))
        bias_gradients.append(torch.sum(delta, 0, out=db))
    return weight_gradients, bias_gradients


def solve(W: Tensor, v: Tensor, iterations: int) -> Tensor:
    """Rows u (n, D) near ``W^-1 v``: conjugate gradients on ``W^T W u = W^T v`` from 0, each row for itself."""
    u, r = torch.zeros_like(v), v
    p = s = v @ W
    size = (s * s).sum(1, keepdim=True)
    for left in range(iterations - 1, -1, -1):
        q = p @ W.T
        step = _ratio(size, (q * q).sum(1, keepdim=True))
        u = torch.addcmul(u, step, p)
        if left:
            r = torch.addcmul(r, step, q, value=-1)
            s = r @ W
            before, size = size, (s * s).sum(1, keepdim=True)
            p = torch.addcmul(s, _ratio(size, before), p)
    return u


def prepare(
    problem: LogdetProblem, place: Callable[..., Tensor], *, probes: int, iterations: int
) -> tuple[tuple, dict[str, Any]]:
    """The probes; drawing them is 1 / D of one product's work."""
    return (place(signs(problem, probes)),), {"iterations": iterations}


def _ratio(above: Tensor, below: Tensor) -> Tensor:
    """0 where there is nothing left to divide by: the row is solved."""
    return torch.where(below > 0, above / below, 0)
