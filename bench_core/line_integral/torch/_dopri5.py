"""A line integral by adaptive steps, and the gradient of its loss."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from bench_core.line_integral.torch._jacobian import Parameters, apply, network


class Path:
    """``J(t x) x`` as the right-hand side of an ODE that does not depend on y; counts its calls."""

    def __init__(self, x: Tensor, parameters: Parameters, J: str):
        self._x, self._parameters, self._J = x, parameters, J
        self.evaluations = 0

    def __call__(self, t: Tensor, y: Tensor) -> Tensor:
        self.evaluations += 1
        return apply(network(t * self._x, self._parameters), self._x, self._J)


def integrate(
    x: Tensor, target: Tensor, parameters: Parameters, J: str, solve: Callable[[Path, Tensor, Tensor, tuple], Any]
) -> dict[str, Any]:
    """Loss, y, gradients and the evaluations of the forward pass; ``solve(path, y0, times, leaves)`` is the library."""
    leaves = {name: p.detach().requires_grad_() for name, p in parameters.items()}
    path = Path(x, leaves, J)
    # From 0 to 1; the numbers of a list would be copied to the device.
    ends = torch.arange(2, dtype=x.dtype, device=x.device)
    y = solve(path, torch.zeros_like(x), ends, tuple(leaves.values()))[-1]
    evaluations = path.evaluations
    loss = ((y - target) ** 2).sum() / len(x)
    gradients = torch.autograd.grad(loss, list(leaves.values()))
    return {"loss": loss.detach(), "y": y.detach(), **dict(zip(leaves, gradients)), "evaluations": evaluations}
