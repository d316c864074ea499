"""A line integral by adaptive steps, and the gradient of its loss."""

from __future__ import annotations

from typing import Any

import diffrax
import jax
import jax.numpy as jnp
from jax import Array

from bench_core.line_integral.jax._jacobian import Parameters, apply, network
from bench_core.line_integral.settings import CHECKPOINTS, STEPS
from bench_core.method import check_share

# Differentiated step by step. Left alone diffrax sizes what it keeps by the number of steps after which it gives up: 90
# states for 4,096, which every call allocates and carries. With 24 the answers are the same to the last bit, and so are
# those of longer runs, whose other steps are taken again. On two cores, float64: temporary memory 1.08 to 0.41 MiB (d =
# 8, B = 64, tanh), 121 to 105 MiB (d = 256, B = 64, free), 275 to 244 MiB (d = 10, B = 2,048, per sample); time within
# 2 % of the batch as one vector, 4 to 5 % less per sample, where every state is chosen anew by each sample.
DIRECT = diffrax.RecursiveCheckpointAdjoint(checkpoints=CHECKPOINTS)


def steps_of(solution: Any) -> Array:
    """Evaluations of the right-hand side: six a step, tried or taken, and two to begin."""
    return 6 * solution.stats["num_steps"] + 2


def end_of(solution: Any) -> Array:
    """The solution at t = 1; not a number where the solver gave up, which compiled programs cannot raise."""
    return jnp.where(solution.result == diffrax.RESULTS.successful, solution.ys[0], jnp.nan)


def integrate(
    x: Array,
    target: Array,
    parameters: Parameters,
    J: str,
    tol: float,
    adjoint: Any,
    per_sample: bool = False,
    scan_kind: Any = None,
    **more: Any,
) -> dict[str, Any]:
    """Loss, y, gradients and the evaluations of the forward pass; ``adjoint`` says how diffrax differentiates. The
    batch is one vector to it, or ``per_sample`` as many as there are samples; scan_kind is its solver's, more other
    settings of the solve.
    """
    check_share("tol", tol, "tolerance")
    # Of the way back of the adjoint equation nothing else would tell.
    settings: dict[str, Any] = {"max_steps": STEPS, "throw": isinstance(adjoint, diffrax.BacksolveAdjoint)} | more

    def right(t: Any, y: Array, given: tuple[Parameters, Array]) -> Array:
        p, c = given  # the adjoint equation takes nothing from outside
        return apply(network(t * c, p), c, J)

    def solve(p: Parameters, c: Array) -> tuple[Array, Array]:
        solution = diffrax.diffeqsolve(
            diffrax.ODETerm(right),
            diffrax.Dopri5(scan_kind=scan_kind),
            t0=0.0,
            t1=1.0,
            dt0=None,
            y0=jnp.zeros_like(c),
            args=(p, c),
            stepsize_controller=diffrax.PIDController(rtol=tol, atol=tol),
            adjoint=adjoint,
            **settings,
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
