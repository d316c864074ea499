"""The inverse of a line integral as a root, by Newton's method."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from bench_core.line_integral.settings import NEWTON
from bench_core.line_integral.torch._jacobian import Parameters, apply, network
from bench_core.line_integral.torch._rule import rule
from bench_core.line_integral.torch._solve import solve_dense


def inverse_newton(target: Tensor, parameters: Parameters, J: str, Q: int, tol: float) -> dict[str, Any]:
    """x with ``y(x) = y`` by Newton's method on the integral by Q nodes of Gauss-Legendre, from x = 0.

    With the Jacobian of the integral itself, by d vjps: where J is not the Jacobian of anything, it is not J(x), and
    this x is not that of the ODE ``dx/dt = J(x)^-1 y``, but the one that the integral takes to y. A step that does not
    bring a sample nearer is halved.

    target (B, d) the y to be inverted, parameters W0 (H, d), b0 (H,), W1 (m, H), b1 (m,), J the kind of Jacobian, tol
    the relative residual ``|y - y(x)| / |y|`` of every sample. Returns x (B, d) and how often J was evaluated. Cost: n
    evaluations with d vjps each, 2Bn (1 + d) (dH + Hm) FLOPs, and an LU for every Q of them. Raises
    ``torch.linalg.LinAlgError`` for a Jacobian that is singular (CPU); not a number after 50 steps, for which the
    kernel raises ``ValueError``. Source: Newton's method, as a baseline for Lorraine and Hossain 2022, section 4.3.
    """
    t, w = rule("gauss_legendre", Q, target)
    basis = torch.eye(target.shape[1], dtype=target.dtype, device=target.device)

    def integral(x: Tensor) -> Tensor:
        points = (t[:, None] * x).reshape(-1, x.shape[1])
        slopes = apply(network(points, parameters), x.expand(Q, *x.shape).reshape(points.shape), J)
        return (w[:, None] * slopes.view(Q, *x.shape)).sum(0)

    def size(a: Tensor) -> Tensor:
        return torch.linalg.vector_norm(a, dim=1, keepdim=True)

    x = trial = step = torch.zeros_like(target)
    rest, limit, steps = torch.full_like(target, torch.inf), tol * size(target), 0
    while True:
        value, pull = torch.func.vjp(integral, trial)[:2]
        new = target - value
        nearer = size(new) < size(rest)
        x, rest = torch.where(nearer, trial, x), torch.where(nearer, new, rest)
        done, steps = size(rest) <= limit, steps + 1
        if steps == NEWTON or done.all():
            break
        # Row i of the Jacobians of all samples: they do not meet.
        rows = [pull(e.expand(target.shape))[0] for e in basis]
        newton = solve_dense(torch.stack(rows, 1), new[:, :, None])[:, :, 0]
        step = torch.where(nearer, newton, step / 2)
        trial = x + step
    return {"x": torch.where(done, x, torch.nan), "evaluations": Q * steps}
