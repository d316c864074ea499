"""The line integral by adaptive steps, every sample with an error control of its own."""

from __future__ import annotations

from typing import Any

from jax import Array

from bench_core.line_integral.jax._dopri5 import DIRECT, integrate
from bench_core.line_integral.jax._jacobian import Parameters


def dopri5_per_sample(
    x: Array, target: Array, parameters: Parameters, J: str, tol: float, adjoint: Any = DIRECT, **more: Any
) -> dict[str, Any]:
    """``dy/dt = J(t x) x`` from 0 to 1 by Dormand and Prince's method, each sample with steps of its own.

    Libraries take the batch as one vector and hold the mean of its errors to the tolerance: one hard sample among many
    easy ones is let off by the root of their number. Here diffrax solves every sample for itself, by ``jax.vmap``: none
    is let off.

    How it differs from ours (torch's ``dopri5_per_sample``): all samples go on until the last one is done, the easy
    ones idle; a step's six evaluations are calls of their own, one after another, where ours takes all nodes of a step
    at once; diffrax keeps the state of up to 24 steps (its default is 90: see ``_dopri5``) and on the way back
    evaluates each again, and each of its stages once more.

    x, target (B, d), parameters W0 (H, d), b0 (H,), W1 (m, H), b1 (m,), J the kind of Jacobian, tol the relative and
    absolute tolerance of a sample's step, more other settings of ``diffeqsolve``, scan_kind the solver's. Returns loss,
    y (B, d), the gradients, named as the parameters, and how often J was evaluated for the slowest sample (6 times a
    step and twice to begin). Cost: about three times n evaluations, 2Bn (4dH + 5Hm) FLOPs and those of
    ``J c``. Raises ``ValueError`` for a setting that is none, ``TypeError`` (JAX) where shapes do not fit; not a number
    after 4,096 steps, for which the kernel raises ``ValueError``. Source: Dormand and Prince 1980, for Lorraine and
    Hossain 2022, section 5, with diffrax.
    """
    return integrate(x, target, parameters, J, tol, adjoint, per_sample=True, **more)
