"""The line integral by adaptive steps, every sample with an error control of its own."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from bench_core.line_integral.settings import chunk
from bench_core.line_integral.torch._jacobian import Parameters, apply, network
from bench_core.line_integral.torch._steps import take_steps


def dopri5_per_sample(x: Tensor, target: Tensor, parameters: Parameters, J: str, tol: float) -> dict[str, Any]:
    """``dy/dt = J(t x) x`` from 0 to 1 by Dormand and Prince's method, each sample with steps of its own.

    Libraries take the batch as one vector and hold the mean of its errors to the tolerance: one hard sample among many
    easy ones is let off by the root of their number. Here none is, and no easy one takes a hard one's steps. The path
    is fixed: all nodes of a step are one batch, and the gradient is that of the rule which the accepted steps make up,
    their lengths held, a few nodes at a time: four of a step, for its first is the end of the one before.

    x, target (B, d), parameters W0 (H, d), b0 (H,), W1 (m, H), b1 (m,), J the kind of Jacobian, tol the relative and
    absolute tolerance of a sample's step. Returns loss, y (B, d), the gradients, named as the parameters, and how often
    J was evaluated on the way forward (4 times a step and once to begin, the mean of the samples, rounded up). Cost:
    twice n evaluations (no rejected step is taken back), 2Bn (3dH + 4Hm) FLOPs and those of ``J c``. Raises
    ``ValueError`` for a setting that is none, ``RuntimeError`` (torch) where shapes do not fit; not a number after
    4,096 steps, for which the kernel raises ``ValueError``. Source: Dormand and Prince 1980, for Lorraine and Hossain
    2022, section 5.
    """
    batch = len(x)
    with torch.no_grad():
        steps = take_steps(lambda t, rows: apply(network(t[:, None] * x[rows], parameters), x[rows], J), x, tol)
    leaves = {name: p.detach().requires_grad_() for name, p in parameters.items()}
    rest = steps.y - target
    gradients = {name: torch.zeros_like(p) for name, p in leaves.items()}
    size = max(1, chunk(x.device.type) // len(parameters["b1"]))
    for rows, t, w in zip(*(part.split(size) for part in steps.rule())):
        c = x[rows]
        slopes = apply(network(t[:, None] * c, leaves), c, J)
        parts = torch.autograd.grad(slopes, list(leaves.values()), (2 / batch * w)[:, None] * rest[rows])
        for name, part in zip(leaves, parts):
            gradients[name].add_(part)
    evaluations = -(-steps.evaluations // batch)
    return {"loss": rest.square().sum() / batch, "y": steps.y, **gradients, "evaluations": evaluations}
