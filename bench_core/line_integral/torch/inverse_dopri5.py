"""The inverse of a line integral as an ODE, by adaptive steps."""

from __future__ import annotations

from typing import Any

import torch
import torchdiffeq
from torch import Tensor

from bench_core.line_integral.settings import STEPS
from bench_core.line_integral.torch._jacobian import Parameters
from bench_core.line_integral.torch._solve import SOLVERS, velocity
from bench_core.method import check_choice, check_share


def inverse_dopri5(
    target: Tensor,
    parameters: Parameters,
    J: str,
    solver: str,
    tol: float,
    max_num_steps: int = STEPS,
    **more: Any,
) -> dict[str, Any]:
    """``dx/dt = J(x)^-1 y``, x(0) = 0, to t = 1 by Dormand and Prince's method: x with y(x) = y.

    How it differs from ours (``inverse_rk4``, ``inverse_newton``): steps are as long as the mean error of the batch,
    one vector to torchdiffeq, allows; the last one goes beyond t = 1, where J must be invertible too, and x(1) is
    interpolated in it; the other defaults as in ``dopri5_direct``.

    target (B, d) the y to be inverted, parameters W0 (H, d), b0 (H,), W1 (m, H), b1 (m,), J the kind of Jacobian,
    solver ``lu``, ``cholesky`` (symmetric J) or ``kronecker``, tol the relative and absolute tolerance of a step,
    max_num_steps after which it gives up, more the solver's other options. Returns x (B, d) and how often J was
    evaluated. Cost: n evaluations and solves. Raises ``ValueError`` for a setting that is none,
    ``torch.linalg.LinAlgError`` for a singular J (CPU), ``AssertionError`` (torchdiffeq) where x is not finite, steps
    become too small or are more than 4,096, the kernel ``SingularJacobian`` where that is why. Source: Lorraine and
    Hossain 2022, section 4.3, mended, with torchdiffeq.
    """
    check_choice("solver", solver, tuple(SOLVERS))
    check_share("tol", tol, "tolerance")
    evaluations = 0

    def right(t: Tensor, x: Tensor) -> Tensor:
        nonlocal evaluations
        evaluations += 1
        return velocity(x, target, parameters, J, solver)

    # From 0 to 1; the numbers of a list would be copied to the device.
    ends = torch.arange(2, dtype=target.dtype, device=target.device)
    how: Any = {"rtol": tol, "atol": tol, "method": "dopri5", "options": {"max_num_steps": max_num_steps, **more}}
    x = torchdiffeq.odeint(right, torch.zeros_like(target), ends, **how)[-1]
    return {"x": x, "evaluations": evaluations}
