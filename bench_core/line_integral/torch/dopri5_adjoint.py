"""The line integral by an adaptive solver, differentiated by the adjoint equation."""

from __future__ import annotations

from typing import Any

import torchdiffeq
from torch import Tensor

from bench_core.line_integral.settings import STEPS
from bench_core.line_integral.torch._dopri5 import integrate
from bench_core.line_integral.torch._jacobian import Parameters
from bench_core.method import check_share


def dopri5_adjoint(
    x: Tensor, target: Tensor, parameters: Parameters, J: str, tol: float, max_num_steps: int = STEPS, **more: Any
) -> dict[str, Any]:
    """``dy/dt = J(t x) x`` from 0 to 1 by Dormand and Prince's method, its gradient by the adjoint equation.

    The gradient by the parameters is integrated back from t = 1 with steps of its own: nothing is held for the way
    back, and it carries the tolerance's error.

    How it differs from ours (the quadratures; ``dopri5_per_sample``): the batch is one vector, and on the way back the
    largest of the mean errors of y, its gradient and each parameter's is held to the tolerance: torchdiffeq's default.
    It also offers ``norm="seminorm"``, which leaves the parameters' integrals out. Here they vary along the path as y
    does, and it saves nothing: d = 8, psd, tolerances 1e-3, 1e-6 and 1e-9: 20, 56 and 152 evaluations back to 14, 74
    and 158, dW0's error times 4.8, 0.4 and 0.3; d = 64, 8 (tanh) and 10 (uneven): as many as before.

    x, target (B, d), parameters W0 (H, d), b0 (H,), W1 (m, H), b1 (m,), J the kind of Jacobian, tol the relative and
    absolute tolerance of a step, max_num_steps after which it gives up, more the solver's other options. Returns loss,
    y (B, d), the gradients, named as the parameters, and how often J was evaluated on the way forward. Cost: about
    twice n evaluations, 2Bn (3dH + 4Hm) FLOPs and those of ``J c``. Raises ``ValueError`` for a setting that is none,
    ``RuntimeError`` (torch) where shapes do not fit, ``AssertionError`` (torchdiffeq) where steps become too small or
    more than 4,096. Source: Lorraine and Hossain 2022, section 5, with torchdiffeq; Chen et al. 2018.
    """
    check_share("tol", tol, "tolerance")
    options = {"max_num_steps": max_num_steps, **more}

    def solve(path: Any, start: Tensor, times: Tensor, leaves: tuple) -> Any:
        how: Any = {"rtol": tol, "atol": tol, "method": "dopri5", "options": options}
        return torchdiffeq.odeint_adjoint(path, start, times, **how, adjoint_params=leaves)

    return integrate(x, target, parameters, J, solve)
