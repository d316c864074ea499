"""A line integral by adaptive steps, and the gradient of its loss."""

from __future__ import annotations

from typing import Any

import diffrax
import jax
import jax.numpy as jnp
from jax import Array

from bench_core.line_integral.jax._jacobian import Parameters, apply, network
from bench_core.line_integral.settings import STEPS
from bench_core.method import check_share


def steps_of(solution: Any) -> Array:
    """Evaluations of the right-hand side: six a step, tried or taken, and two to begin."""
    return 6 * solution.stats["num_steps"] + 2


def end_of(solution: Any) -> Array:
    """The solution at t = 1; not a number where the solver gave up, which compiled programs cannot raise."""
    return jnp.where(solution.result == diffrax.RESULTS.successful, solution.ys[0], jnp.nan)


def integrate(
    x: Array, target: Array, parameters: Parameters, J: str, tol: float, adjoint: Any, per_sample: bool = False
) -> dict[str, Any]:
    """Loss, y, gradients and the evaluations of the forward pass; ``adjoint`` says how diffrax differentiates. The
    batch is one vector to it, or ``per_sample`` as many as there are samples.
    """
    check_share("tol", tol, "tolerance")

    def right(t: Any, y: Array, given: tuple[Parameters, Array]) -> Array:
        p, c = given  # the adjoint equation takes nothing from outside
        return apply(network(t * c, p), c, J)

    def solve(p: Parameters, c: Array) -> tuple[Array, Array]:
        solution = diffrax.diffeqsolve(
            diffrax.ODETerm(right),
            diffrax.Dopri5(),
            t0=0.0,
            t1=1.0,
            dt0=None,
            y0=jnp.zeros_like(c),
            args=(p, c),
            stepsize_controller=diffrax.PIDController(rtol=tol, atol=tol),
            adjoint=adjoint,
            max_steps=STEPS,
            # Of the way back of the adjoint equation nothing else would tell.
            throw=isinstance(adjoint, diffrax.BacksolveAdjoint),
        )
        return end_of(solution), steps_of(solution)

    def value(p: Parameters) -> tuple[Array, tuple[Array, Array]]:
        if per_sample:
            y, evaluations = jax.vmap(lambda c: solve(p, c[None]))(x)
            y, evaluations = y[:, 0], evaluations.max()
        else:
            y, evaluations = solve(p, x)
        return ((y - target) ** 2).sum() / len(x), (y, evaluations)

    (loss, (y, evaluations)), gradients = jax.value_and_grad(value, has_aux=True)(dict(parameters))
    return {"loss": loss, "y": y, **gradients, "evaluations": evaluations}
