"""Stabilised bi-conjugate gradients."""

from __future__ import annotations

import jax.numpy as jnp
from jax import Array, lax

from bench_core.implicit.jax._batch import Progress, Solution, divide, dot, norm
from bench_core.implicit.operator import Adjoint
from bench_core.implicit.settings import Stop


def bicgstab(operator: Adjoint[Array], v: Array, *, stop: Stop, whole: bool = False) -> Solution:
    """BiCGStab for ``J^T w = v``, stopped after any half step.

    Its recurrence drifts from the true residual, which is computed before a sample may stop; one that falls short
    starts again from there. If ``whole`` the batch is one system with one step length, stopped when every sample is
    done. v (B, D), stop the relative residual per sample and the largest number of iterations; an iteration is a half
    step. Cost: n + 1 vjps in n iterations. Breaks down, and says so, where two of its vectors become orthogonal. Raises
    ``TypeError`` (JAX) where shapes do not fit. Source: van der Vorst 1992.
    """

    def goes_on(state):
        return state[-1].goes_on(stop)

    def second(shadow, w, s, y, p, rho, alpha, progress):
        t = s - operator.vjp(s)
        omega = progress.keep(divide(dot(t, s, whole), dot(t, t, whole)))
        residual = s - omega * t
        new = dot(shadow, residual, whole)
        beta = divide(new, rho) * divide(alpha, omega)
        progress = progress.update(norm(residual), stop, whole=whole)
        return w + omega * s, residual, residual + beta * (p - omega * y), new, progress

    def step(state):
        shadow, w, residual, p, rho, progress = state
        y = p - operator.vjp(p)
        alpha = progress.keep(divide(rho, dot(shadow, y, whole)))
        w = w + alpha * p
        s = residual - alpha * y
        progress = progress.update(norm(s), stop, whole=whole)
        return shadow, *lax.cond(
            progress.goes_on(stop),
            second,
            lambda shadow, w, s, y, p, rho, alpha, progress: (w, s, p, rho, progress),
            *(shadow, w, s, y, p, rho, alpha, progress),
        )

    def again(state):
        w, residual, progress = state
        start = (residual, w, residual, residual, dot(residual, residual, whole), progress)
        _, w, *_, progress = lax.while_loop(goes_on, step, start)
        residual = v - w + operator.vjp(w)
        return w, residual, progress.check(residual, stop, whole)

    w, _, progress = lax.while_loop(goes_on, again, (jnp.zeros_like(v), v, Progress.of(norm(v), whole)))
    return progress.end(w)
