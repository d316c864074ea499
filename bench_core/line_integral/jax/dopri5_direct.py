"""The line integral by an adaptive solver, differentiated step by step."""

from __future__ import annotations

from typing import Any

from jax import Array

from bench_core.line_integral.jax._dopri5 import DIRECT, integrate
from bench_core.line_integral.jax._jacobian import Parameters


def dopri5_direct(
    x: Array, target: Array, parameters: Parameters, J: str, tol: float, adjoint: Any = DIRECT, **more: Any
) -> dict[str, Any]:
    """``dy/dt = J(t x) x`` from 0 to 1 by Dormand and Prince's method, its gradient by reverse mode through the steps.

    How it differs from ours (the quadratures; torch's ``dopri5_per_sample``): the batch is one vector, and the mean of
    its errors is held to the tolerance; a step's six evaluations are calls of their own, one after another, and so are
    rejected steps; the last step ends at t = 1. diffrax keeps the state of every step up to the 24th and on the way
    back evaluates the step again, and each of its stages once more (its default, ``RecursiveCheckpointAdjoint``, keeps
    90 states whatever the steps: see ``_dopri5``). Lengths of steps by the last error alone, its default.

    x, target (B, d), parameters W0 (H, d), b0 (H,), W1 (m, H), b1 (m,), J the kind of Jacobian, tol the relative and
    absolute tolerance of a step, more other settings of ``diffeqsolve``, scan_kind the solver's. Returns loss, y
    (B, d), the gradients, named as the parameters, and how often J was evaluated (6 times a step and twice to begin).
    Cost: about three times n evaluations, 2Bn (4dH + 5Hm) FLOPs and those of ``J c``. Raises ``ValueError`` for a
    setting that is none, ``TypeError`` (JAX) where shapes do not fit; not a number after 4,096 steps, for which the
    kernel raises ``ValueError``. Source: Lorraine and Hossain 2022, section 5, with diffrax.
    """
    return integrate(x, target, parameters, J, tol, adjoint, **more)
