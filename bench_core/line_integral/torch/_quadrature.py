"""A line integral by a fixed rule, and the gradient of its loss, a few samples at a time."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from bench_core.line_integral.torch._jacobian import Parameters, network


def integrate(
    x: Tensor,
    target: Tensor,
    parameters: Parameters,
    rule: tuple[Tensor, Tensor],
    apply: Callable[[Tensor, Tensor], Tensor],
    chunk: int,
    formed: int = 0,
    inner: Tensor | None = None,
) -> dict[str, Tensor]:
    """Loss, y and gradients for the nodes and weights of ``rule``; ``apply(M, c)`` is J c, and forms that many numbers.

    The loss is a sum over samples, so that its gradient is too: as many samples at once as have ``chunk`` outputs (or
    formed numbers) at all their nodes, one at least, and (B, Q, d, d) is never held. With the weights of an ``inner``
    rule at the same nodes there is an estimate of every sample's error, too: how far the two are apart.
    """
    (t, w), (batch, d) = rule, x.shape
    leaves = {name: p.detach().requires_grad_() for name, p in parameters.items()}
    numbers, values, losses, estimates = max(parameters["b1"].shape[0], formed), [], [], []
    gradients: dict[str, Tensor] = {}
    size = max(1, chunk // (numbers * len(t)))
    for start in range(0, batch, size):
        c, wanted = x[start : start + size], target[start : start + size]
        points = (t[:, None] * c).reshape(-1, d)
        slopes = apply(network(points, leaves), c.expand(len(t), *c.shape).reshape(-1, d))
        y = (w[:, None] * slopes.view(len(t), *c.shape)).sum(0)
        loss = ((y - wanted) ** 2).sum() / batch
        parts = torch.autograd.grad(loss, list(leaves.values()))
        for name, part in zip(leaves, parts):
            gradients[name] = gradients[name].add_(part) if name in gradients else part
        values.append(y.detach())
        losses.append(loss.detach())
        if inner is not None:
            apart = ((w - inner)[:, None] * slopes.detach().view(len(t), *c.shape)).sum(0)
            estimates.append(apart.square().sum(1).sqrt())
    out = {"loss": torch.stack(losses).sum(), "y": torch.cat(values), **gradients}
    return out | {"estimate": torch.cat(estimates)} if estimates else out
