"""The inverse of a line integral as a root, by Newton's method."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
from jax import Array, lax

from bench_core.line_integral.jax._jacobian import Parameters, apply, form, hidden_along, network, outputs
from bench_core.line_integral.jax._solve import solve_symmetric
from bench_core.line_integral.settings import NEWTON, PLAIN, evaluations
from bench_core.line_integral.settings import gauss_legendre as rule
from bench_core.method import check_share


def inverse_newton(target: Array, parameters: Parameters, J: str, Q: int, tol: float, chunk: int) -> dict[str, Any]:
    """x with ``y(x) = y`` by Newton's method on the integral by Q nodes of Gauss-Legendre, from x = 0.

    With the Jacobian of the integral itself. Where J is a Hessian that is J(x), solved by Cholesky (by LU where J(x)
    of a sample is not positive), and the output layer follows the quadrature as in ``averaged_hidden``. Where J is not
    the Jacobian of anything it takes d vjps, a few of them at a time, and LU, and this x is not that of the ODE
    ``dx/dt = J(x)^-1 y``, but the one that the integral takes to y. A step that does not bring a sample nearer is
    halved.

    target (B, d) the y to be inverted, parameters W0 (H, d), b0 (H,), W1 (m, H), b1 (m,), J the kind of Jacobian, tol
    the relative residual ``|y - y(x)| / |y|`` of every sample, chunk the cotangents of outputs that are held at once.
    Returns x (B, d), not a number where a Jacobian is singular and after 50 steps, for which the kernel raises
    ``SingularJacobian`` or ``ValueError``, and how often J was evaluated, a step Q + 1 times where it is a Hessian (its
    hidden layer is what is counted), 2 Q times elsewhere. Cost: of a Hessian 4B (dH + Hm) FLOPs and a Cholesky
    factorisation a step; elsewhere n evaluations, B n (d + 2) (dH + Hm) FLOPs, and an LU a step. Raises ``ValueError``
    for a setting that is none, ``TypeError`` (JAX) where shapes do not fit. Source: Newton's method, as a baseline for
    Lorraine and Hossain 2022, section 4.3.
    """
    check_share("tol", tol, "relative residual")
    t, w = (jnp.asarray(a, target.dtype) for a in rule(Q))
    basis = jnp.eye(target.shape[1], dtype=target.dtype)
    together = max(1, chunk // (Q * len(target) * len(parameters["b1"])))
    solve = solve_symmetric if J == "hessian" else jnp.linalg.solve
    limit = tol * jnp.linalg.norm(target, axis=1, keepdims=True)

    def integral(x: Array) -> Array:
        if J in PLAIN:  # see averaged_hidden
            average = w @ hidden_along(x, t, parameters).reshape(Q, -1)
            return apply(outputs(average.reshape(len(x), -1), parameters), x, J)
        points = (t[:, None, None] * x).reshape(-1, x.shape[1])
        slopes = apply(network(points, parameters), jnp.broadcast_to(x, (Q, *x.shape)).reshape(points.shape), J)
        return (w @ slopes.reshape(Q, -1)).reshape(x.shape)

    def size(a: Array) -> Array:
        return jnp.linalg.norm(a, axis=1, keepdims=True)

    def jacobian(x: Array) -> Array:
        if J == "hessian":
            return form(network(x, parameters), x.shape[1], J)
        pull = jax.vjp(integral, x)[1]
        # Row i of the Jacobians of all samples: they do not meet.
        rows = lax.map(lambda e: pull(jnp.broadcast_to(e, x.shape))[0], basis, batch_size=together)
        return rows.swapaxes(0, 1)

    def short(rest: Array) -> Array:
        return ~(size(rest) <= limit)

    def goes_on(state: tuple) -> Array:
        return short(state[1]).any() & (state[-1] < NEWTON)

    def turn(state: tuple) -> tuple:
        x, rest, step, nearer, steps = state
        newton = solve(jacobian(x), rest[:, :, None])[:, :, 0]
        step = jnp.where(nearer, newton, step / 2)
        trial = x + step
        new = target - integral(trial)
        nearer = size(new) < size(rest)
        return jnp.where(nearer, trial, x), jnp.where(nearer, new, rest), step, nearer, steps + 1

    zero = jnp.zeros_like(target)  # which the integral takes to 0
    start = (zero, target, zero, jnp.ones_like(limit, dtype=bool), jnp.asarray(0))
    x, rest, *_, steps = lax.while_loop(goes_on, turn, start)
    return {"x": jnp.where(short(rest), jnp.nan, x), "evaluations": evaluations(J, Q) * steps}
