"""The line integral by an adaptive solver, differentiated step by step."""

from __future__ import annotations

from typing import Any

import torchdiffeq
from torch import Tensor

from bench_core.line_integral.settings import STEPS
from bench_core.line_integral.torch._dopri5 import integrate
from bench_core.line_integral.torch._jacobian import Parameters
from bench_core.method import check_share


def dopri5_direct(
    x: Tensor, target: Tensor, parameters: Parameters, J: str, tol: float, max_num_steps: int = STEPS, **more: Any
) -> dict[str, Any]:
    """``dy/dt = J(t x) x`` from 0 to 1 by Dormand and Prince's method, its gradient by reverse mode through the steps.

    How it differs from ours (the quadratures; ``dopri5_per_sample``): the batch is one vector, and the mean of its
    errors is held to the tolerance; a step's six evaluations are calls of their own, one after another; the last step
    goes beyond t = 1, and y(1) is interpolated in it; numbers of the steps are float64 whatever x is. All but the
    tolerances and the largest number of steps (which changes nothing else) is torchdiffeq's default.

    x, target (B, d), parameters W0 (H, d), b0 (H,), W1 (m, H), b1 (m,), J the kind of Jacobian, tol the relative and
    absolute tolerance of a step, max_num_steps after which it gives up, more the solver's other options. Returns loss,
    y (B, d), the gradients, named as the parameters, and how often J was evaluated (6 times a step and twice to begin).
    Cost: n evaluations, 2Bn (2dH + 3Hm) FLOPs and those of ``J c``, all held for the way back. Raises ``ValueError``
    for a setting that is none, ``RuntimeError`` (torch) where shapes do not fit, ``AssertionError`` (torchdiffeq) where
    steps become too small or more than 4,096. Source: Lorraine and Hossain 2022, section 5, with torchdiffeq.
    """
    check_share("tol", tol, "tolerance")
    options = {"max_num_steps": max_num_steps, **more}

    def solve(path: Any, start: Tensor, times: Tensor, _: tuple) -> Any:
        how: Any = {"rtol": tol, "atol": tol, "method": "dopri5", "options": options}
        return torchdiffeq.odeint(path, start, times, **how)

    return integrate(x, target, parameters, J, solve)
