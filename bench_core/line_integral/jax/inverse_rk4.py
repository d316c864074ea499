"""The inverse of a line integral as an ODE, by fixed steps."""

from __future__ import annotations

import jax.numpy as jnp
from jax import Array, lax

from bench_core.line_integral.jax._jacobian import Parameters
from bench_core.line_integral.jax._solve import SOLVERS, velocity
from bench_core.method import check_choice, check_whole


def inverse_rk4(target: Array, parameters: Parameters, J: str, solver: str, steps: int) -> dict[str, Array]:
    """``dx/dt = J(x)^-1 y``, x(0) = 0, to t = 1 by the classical Runge-Kutta method: x with y(x) = y.

    target (B, d) the y to be inverted, parameters W0 (H, d), b0 (H,), W1 (m, H), b1 (m,), J the kind of Jacobian,
    solver ``lu``, ``cholesky`` (symmetric J) or ``kronecker``. Returns x (B, d), not finite for a singular J, for which
    the kernel raises ``SingularJacobian``. Cost: 4 evaluations and solves a step. Raises ``ValueError`` for a setting
    that is none, ``TypeError`` (JAX) where shapes do not fit. Source: Lorraine and Hossain 2022, section 4.3, mended.
    """
    check_choice("solver", solver, tuple(SOLVERS))
    check_whole("steps", steps, "number of steps")
    h = 1 / steps

    def step(_: int, x: Array) -> Array:
        k1 = velocity(x, target, parameters, J, solver)
        k2 = velocity(x + h / 2 * k1, target, parameters, J, solver)
        k3 = velocity(x + h / 2 * k2, target, parameters, J, solver)
        k4 = velocity(x + h * k3, target, parameters, J, solver)
        return x + h / 6 * (k1 + 2 * k2 + 2 * k3 + k4)

    return {"x": lax.fori_loop(0, steps, step, jnp.zeros_like(target))}
