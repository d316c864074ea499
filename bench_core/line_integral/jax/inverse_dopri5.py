"""The inverse of a line integral as an ODE, by adaptive steps."""

from __future__ import annotations

from typing import Any

import diffrax
import jax.numpy as jnp
from jax import Array

from bench_core.line_integral.jax._dopri5 import end_of, steps_of
from bench_core.line_integral.jax._jacobian import Parameters
from bench_core.line_integral.jax._solve import SOLVERS, velocity
from bench_core.line_integral.settings import STEPS
from bench_core.method import check_choice, check_share


def inverse_dopri5(
    target: Array, parameters: Parameters, J: str, solver: str, tol: float, scan_kind: Any = None, **more: Any
) -> dict[str, Any]:
    """``dx/dt = J(x)^-1 y``, x(0) = 0, to t = 1 by Dormand and Prince's method: x with y(x) = y.

    How it differs from ours (``inverse_rk4``, ``inverse_newton``): steps are as long as the mean error of the batch,
    one vector to diffrax, allows, and the last one ends at t = 1. Nothing is kept for a way back, for there is none.

    target (B, d) the y to be inverted, parameters W0 (H, d), b0 (H,), W1 (m, H), b1 (m,), J the kind of Jacobian,
    solver ``lu``, ``cholesky`` (symmetric J) or ``kronecker``, tol the relative and absolute tolerance of a step, more
    other settings of ``diffeqsolve``, scan_kind the solver's. Returns x (B, d) and how often J was evaluated. Cost: n
    evaluations and solves. Raises ``ValueError`` for a setting that is none, ``TypeError`` (JAX) where shapes do not
    fit; not a number for a singular J and after 4,096 steps, for which the kernel raises ``SingularJacobian`` or
    ``ValueError``. Source: Lorraine and Hossain 2022, section 4.3, mended, with diffrax.
    """
    check_choice("solver", solver, tuple(SOLVERS))
    check_share("tol", tol, "tolerance")
    settings: dict[str, Any] = {"max_steps": STEPS, "throw": False} | more
    solution = diffrax.diffeqsolve(
        diffrax.ODETerm(lambda t, x, p: velocity(x, target, p, J, solver)),
        diffrax.Dopri5(scan_kind=scan_kind),
        t0=0.0,
        t1=1.0,
        dt0=None,
        y0=jnp.zeros_like(target),
        args=dict(parameters),
        stepsize_controller=diffrax.PIDController(rtol=tol, atol=tol),
        **settings,
    )
    return {"x": end_of(solution), "evaluations": steps_of(solution)}
