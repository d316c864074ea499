"""A layer with a free decoder, whose volume change is one probe a sample."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor

from bench_core.logdet.companions import PENALTY, learned_inverse, signs
from bench_core.logdet.problem import LogdetProblem
from bench_core.logdet.torch._network import LearnedGradients, targets


def free_form(
    x: Tensor,
    weights: Sequence[Tensor],
    biases: Sequence[Tensor],
    alpha: float,
    inverse: Tensor,
    probes: Tensor,
    out: LearnedGradients | None = None,
) -> LearnedGradients:
    """Gradient of a free-form flow of one linear layer: encoder ``z = W x``, decoder ``x = R z``, R learned beside W.

    ``d log|det W| = E v^T dW (R v)``, one probe a sample: a jvp of the decoder and a vjp of the encoder, so
    ``dW = Delta^T X + V^T (V R^T) / B``, ``db = Delta^T 1``, and of R by the reconstruction
    ``dR = -2 c (z R^T - x)^T z / B`` with ``z = y - b``. The bias of dW is that of R, its noise that of B probes.

    Another model: two matrices a layer. Left out: the penalty's gradient by W, a product more, which is no part of the
    likelihood's. Probes are signs, where the paper has directions: their noise is no larger.

    x (B, D), weights (W,) with W (D, D), biases (b,) with b (D,), inverse R (D, D), probes V (B, D), which a training
    loop draws anew; alpha is not used. Returns the gradients by the three, written into ``out`` where it is given, for
    a module's Parameters under ``torch.no_grad()``, as optimisers do. Cost: 6 2BD^2 FLOPs. Raises ``RuntimeError``
    (torch) where shapes do not fit, and for Parameters and ``out`` elsewhere. Source: Draxler et al. 2024, sections 3
    and 4.
    """
    (W,), (b,), batch = weights, biases, len(x)
    (dW,), (db,), (dR,) = targets(out, 1, 3)
    y = torch.addmm(b, x, W.T)
    delta, z = y * (-1.0 / batch), y - b
    rest = torch.addmm(x, z, inverse.T, beta=-1).mul_(-2 * PENALTY / batch)
    dW = torch.mm(delta.T, x, out=dW).addmm_(probes.T, probes @ inverse.T, alpha=1 / batch)
    return [dW], [torch.sum(delta, 0, out=db)], [torch.mm(rest.T, z, out=dR)]


def prepare(problem: LogdetProblem, place: Callable[..., Tensor], *, steps: int) -> tuple[tuple, dict[str, Any]]:
    """The decoder after so many steps of learning, and a probe a sample; drawing them is 1 / D of a product's work."""
    return (place(learned_inverse(problem, 0, steps)), place(signs(problem, problem.B))), {}
