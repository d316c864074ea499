"""The inverse of a line integral as a root, by Newton's method."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from bench_core.line_integral.settings import NEWTON, PLAIN, evaluations
from bench_core.line_integral.torch._jacobian import Parameters, apply, form, hidden_along, network, outputs
from bench_core.line_integral.torch._rule import rule
from bench_core.line_integral.torch._solve import solve_dense, solve_positive
from bench_core.method import check_share


def inverse_newton(target: Tensor, parameters: Parameters, J: str, Q: int, tol: float, chunk: int) -> dict[str, Any]:
    """x with ``y(x) = y`` by Newton's method on the integral by Q nodes of Gauss-Legendre, from x = 0.

    With the Jacobian of the integral itself. Where J is a Hessian that is J(x), solved by Cholesky (by LU where J(x)
    of a sample is not positive), and the output layer follows the quadrature as in ``averaged_hidden``. Where J is not
    the Jacobian of anything it takes d vjps, a few of them at a time, and LU, and this x is not that of the ODE
    ``dx/dt = J(x)^-1 y``, but the one that the integral takes to y. A step that does not bring a sample nearer is
    halved.

    target (B, d) the y to be inverted, parameters W0 (H, d), b0 (H,), W1 (m, H), b1 (m,), J the kind of Jacobian, tol
    the relative residual ``|y - y(x)| / |y|`` of every sample, chunk the cotangents of outputs that are held at once.
    Returns x (B, d) and how often J was evaluated, a step Q + 1 times where it is a Hessian (its hidden layer is what
    is counted), 2 Q times elsewhere. Cost: of a Hessian 4B (dH + Hm) FLOPs and a Cholesky factorisation a step;
    elsewhere n evaluations, B n (d + 2) (dH + Hm) FLOPs, and an LU a step. Raises ``ValueError`` for a setting that is
    none, ``torch.linalg.LinAlgError`` for a Jacobian that is singular (CPU), the kernel ``SingularJacobian``; not a
    number after 50 steps, for which the kernel raises ``ValueError``. Source: Newton's method, as a baseline for
    Lorraine and Hossain 2022, section 4.3.
    """
    check_share("tol", tol, "relative residual")
    t, w = rule("gauss_legendre", Q, target)
    basis = torch.eye(target.shape[1], dtype=target.dtype, device=target.device)
    together = max(1, chunk // (Q * len(target) * len(parameters["b1"])))

    def integral(x: Tensor) -> Tensor:
        if J in PLAIN:  # see averaged_hidden
            average = (w[:, None] * hidden_along(x, t[:, None], parameters)).sum(0)
            return apply(outputs(average, parameters), x, J)
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

    def solve(matrices: Tensor, right: Tensor) -> Tensor:
        if J == "hessian":
            solved, failed = solve_positive(matrices, right)
            if not failed.any():  # on a GPU the host looks once a step more
                return solved
        return solve_dense(matrices, right)

    x = step = torch.zeros_like(target)  # which the integral takes to 0
    rest, limit, steps = target, tol * size(target), 0
    nearer = torch.ones_like(limit, dtype=torch.bool)
    while not (done := size(rest) <= limit).all() and steps < NEWTON:
        newton = solve(jacobian(x), rest[:, :, None])[:, :, 0]
        step = torch.where(nearer, newton, step / 2)
        trial = x + step
        new = target - integral(trial)
        nearer, steps = size(new) < size(rest), steps + 1
        x, rest = torch.where(nearer, trial, x), torch.where(nearer, new, rest)
    return {"x": torch.where(done, x, torch.nan), "evaluations": evaluations(J, Q) * steps}
