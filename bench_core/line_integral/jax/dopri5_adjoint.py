"""The line integral by an adaptive solver, differentiated by the adjoint equation."""

from __future__ import annotations

from typing import Any

import diffrax
from jax import Array

from bench_core.line_integral.jax._dopri5 import integrate
from bench_core.line_integral.jax._jacobian import Parameters


def dopri5_adjoint(x: Array, target: Array, parameters: Parameters, J: str, tol: float, **more: Any) -> dict[str, Any]:
    """``dy/dt = J(t x) x`` from 0 to 1 by Dormand and Prince's method, its gradient by the adjoint equation.

    The gradient by the parameters is integrated back from t = 1 with steps of its own: nothing is held for the way
    back, and it carries the tolerance's error.

    How it differs from ours (the quadratures; torch's ``dopri5_per_sample``): y, its gradient and those of all
    parameters go back as one vector, whose mean error is held to the tolerance: diffrax's default. Its documentation
    also offers ``adjoint_rms_seminorm``, which leaves the parameters' integrals out. Here they vary along the path as y
    does, and it only loosens the tolerance: d = 64, psd, tolerances 1e-3, 1e-6 and 1e-9: 98, 140 and 281 ms to 92, 112
    and 251, dW0's error times 1.0, 5.4 and 3.3; d = 8, tanh: 2.0, 4.2 and 10.4 ms to 2.0, 4.8 and 10.5 (two cores).
    diffrax does not recommend the adjoint equation at all, but ``dopri5_direct``.

    x, target (B, d), parameters W0 (H, d), b0 (H,), W1 (m, H), b1 (m,), J the kind of Jacobian, tol the relative and
    absolute tolerance of a step, more other settings of ``diffeqsolve``, scan_kind the solver's. Returns loss, y
    (B, d), the gradients, named as the parameters, and how often J was evaluated on the way forward. Cost: about twice
    n evaluations, 2Bn (3dH + 4Hm) FLOPs and those of ``J c``. Raises ``ValueError`` for a setting that is none,
    ``TypeError`` (JAX) where shapes do not fit, ``EqxRuntimeError`` (diffrax) after 4,096 steps. Source: Lorraine and
    Hossain 2022, section 5, with diffrax; Chen et al. 2018.
    """
    return integrate(x, target, parameters, J, tol, diffrax.BacksolveAdjoint(), **more)
