"""Stabilised bi-conjugate gradients."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
from jax import Array, lax

from bench_core.implicit.jax._batch import Progress, Solution, divide, dot, norm


def bicgstab(operator: Any, v: Array, *, tol: float, most: int, whole: bool = False) -> Solution:
    """BiCGStab for ``J^T w = v``, stopped after any half step.

    v (B, D), tol the relative residual per sample (of the whole batch as one system if ``whole``), most the largest
    number of iterations; an iteration is a half step. Cost: n vjps in n iterations. Breaks down, and says so, where two
    of its vectors become orthogonal. Raises ``TypeError`` (JAX) where shapes do not fit. Source: van der Vorst
    1992.
    """
    shadow = v

    def second(w, s, y, p, rho, alpha, progress):
        t = s - operator.vjp(s)
        omega = progress.keep(divide(dot(t, s, whole), dot(t, t, whole)))
        residual = s - omega * t
        new = dot(shadow, residual, whole)
        beta = divide(new, rho) * divide(alpha, omega)
        progress = progress.update(norm(residual, whole), tol)
        return w + omega * s, residual, residual + beta * (p - omega * y), new, progress

    def step(state):
        w, residual, p, rho, progress = state
        y = p - operator.vjp(p)
        alpha = progress.keep(divide(rho, dot(shadow, y, whole)))
        w = w + alpha * p
        s = residual - alpha * y
        progress = progress.update(norm(s, whole), tol)
        return lax.cond(
            progress.goes_on(most),
            second,
            lambda w, s, y, p, rho, alpha, progress: (w, s, p, rho, progress),
            *(w, s, y, p, rho, alpha, progress),
        )

    start = (jnp.zeros_like(v), v, v, dot(v, v, whole), Progress.of(norm(v, whole)))
    w, *_, progress = lax.while_loop(lambda state: state[-1].goes_on(most), step, start)
    return progress.end(w)
