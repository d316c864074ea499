"""The inverse of a line integral as a root, by Newton's method."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from bench_core.line_integral.settings import NEWTON, evaluations
from bench_core.line_integral.torch._jacobian import Parameters, apply, form, network
from bench_core.line_integral.torch._rule import rule
from bench_core.line_integral.torch._solve import solve_dense
from bench_core.method import check_share


def inverse_newton(target: Tensor, parameters: Parameters, J: str, Q: int, tol: float, chunk: int) -> dict[str, Any]:
    """x with ``y(x) = y`` by Newton's method on the integral by Q nodes of Gauss-Legendre, from x = 0.

    With the Jacobian of the integral itself. Where J is a Hessian that is J(x); where J is not the Jacobian of anything
    it takes d vjps, a few of them at a time, and this x is not that of the ODE ``dx/dt = J(x)^-1 y``, but the one that
    the integral takes to y. A step that does not bring a sample nearer is halved.

    target (B, d) the y to be inverted, parameters W0 (H, d), b0 (H,), W1 (m, H), b1 (m,), J the kind of Jacobian, tol
    the relative residual ``|y - y(x)| / |y|`` of every sample, chunk the cotangents of outputs that are held at once.
    Returns x (B, d) and how often J was evaluated, a step Q + 1 times where it is a Hessian, 2 Q times elsewhere. Cost:
    n evaluations, 2Bn (dH + Hm) FLOPs, (d + 2) / 2 times as many where J is no Hessian, and an LU a step. Raises
    ``ValueError`` for a setting that is none, ``torch.linalg.LinAlgError`` for a Jacobian that is singular (CPU), the
    kernel ``SingularJacobian``; not a number after 50 steps, for which the kernel raises ``ValueError``. Source:
    Newton's method, as a baseline for Lorraine and Hossain 2022, section 4.3.
    """
    check_share("tol", tol, "relative residual")
    t, w = rule("gauss_legendre", Q, target)
    basis = torch.eye(target.shape[1], dtype=target.dtype, device=target.device)
    together = max(1, chunk // (Q * len(target) * len(parameters["b1"])))

    def integral(x: Tensor) -> Tensor:
        points = (t[:, None] * x).reshape(-1, x.shape[1])
        slopes = apply(network(points, parameters), x.expand(Q, *x.shape).reshape(points.shape), J)
        return (w[:, None] * slopes.view(Q, *x.shape)).sum(0)

    def size(a: Tensor) -> Tensor:
        return torch.linalg.vector_norm(a, dim=1, keepdim=True)

    def jacobian(x: Tensor) -> Tensor:
        if J == "hessian":
            return form(network(x, parameters), x.shape[1], J)
        pull = torch.func.vjp(integral, x)[1]
        # Row i of the Jacobians of all samples: they do not meet.
        return torch.func.vmap(lambda e: pull(e.expand(x.shape))[0], out_dims=1, chunk_size=together)(basis)

    x = step = torch.zeros_like(target)  # which the integral takes to 0
    rest, limit, steps = target, tol * size(target), 0
    nearer = torch.ones_like(limit, dtype=torch.bool)
    while not (done := size(rest) <= limit).all() and steps < NEWTON:
        newton = solve_dense(jacobian(x), rest[:, :, None])[:, :, 0]
        step = torch.where(nearer, newton, step / 2)
        trial = x + step
        new = target - integral(trial)
        nearer, steps = size(new) < size(rest), steps + 1
        x, rest = torch.where(nearer, trial, x), torch.where(nearer, new, rest)
    return {"x": torch.where(done, x, torch.nan), "evaluations": evaluations(J, Q) * steps}
