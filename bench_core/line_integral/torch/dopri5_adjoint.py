"""The line integral by an adaptive solver, differentiated by the adjoint equation."""

from __future__ import annotations

from typing import Any

import torchdiffeq
from torch import Tensor

from bench_core.line_integral.settings import STEPS
from bench_core.line_integral.torch._dopri5 import integrate
from bench_core.line_integral.torch._jacobian import Parameters


def dopri5_adjoint(x: Tensor, target: Tensor, parameters: Parameters, J: str, tol: float) -> dict[str, Any]:
    """``dy/dt = J(t x) x`` from 0 to 1 by Dormand and Prince's method, its gradient by the adjoint equation.

    The gradient by the parameters is integrated back from t = 1 with steps of its own: nothing is held for the way
    back, and it carries the tolerance's error.

    x, target (B, d), parameters W0 (H, d), b0 (H,), W1 (m, H), b1 (m,), J the kind of Jacobian, tol the relative and
    absolute tolerance of a step. Returns loss, y (B, d), the gradients, named as the parameters, and how often J was
    evaluated on the way forward. Cost: about twice n evaluations, 2Bn (3dH + 4Hm) FLOPs and those of ``J c``. Raises
    ``RuntimeError`` (torch) where shapes do not fit, ``AssertionError`` (torchdiffeq) where steps become too small
    or more than 4,096. Source: Lorraine and Hossain 2022, section 5, with torchdiffeq; Chen et al. 2018.
    """

    def solve(path: Any, start: Tensor, times: Tensor, leaves: tuple) -> Any:
        how: Any = {"rtol": tol, "atol": tol, "method": "dopri5", "options": {"max_num_steps": STEPS}}
        return torchdiffeq.odeint_adjoint(path, start, times, **how, adjoint_params=leaves)

    return integrate(x, target, parameters, J, solve)
