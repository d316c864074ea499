"""Conjugate gradients on the normal equations, in the form that never squares the residual."""

from __future__ import annotations

import jax.numpy as jnp
from jax import Array, lax

from bench_core.implicit.jax._batch import Progress, Solution, divide, dot, norm
from bench_core.implicit.operator import Linear
from bench_core.implicit.settings import Stop


def cg(operator: Linear[Array], v: Array, *, stop: Stop) -> Solution:
    """CGLS for ``J^T w = v``: conjugate gradients on ``J J^T w = J v`` with the residual of the system itself.

    Its recurrence drifts from the true residual, which is computed before a sample may stop; one that falls short
    starts again from there. v (B, D), stop the relative residual per sample and the largest number of iterations. Cost:
    n + 1 vjps and n jvps in n iterations. Raises ``TypeError`` (JAX) where shapes do not fit. Source: Bjorck 1996,
    algorithm 7.4.1.
    """

    def goes_on(state):
        return state[-1].goes_on(stop)

    def step(state):
        w, p, residual, size, progress = state
        s = residual - operator.jvp(residual)
        new = dot(s, s)
        p = s + divide(new, size) * p
        q = p - operator.vjp(p)
        length = progress.keep(divide(new, dot(q, q)))
        residual = residual - length * q
        return w + length * p, p, residual, new, progress.update(norm(residual), stop)

    def again(state):
        w, residual, progress = state
        start = (w, jnp.zeros_like(v), residual, jnp.ones_like(v[:, :1]), progress)
        w, *_, progress = lax.while_loop(goes_on, step, start)
        residual = v - w + operator.vjp(w)
        return w, residual, progress.check(residual, stop)

    w, _, progress = lax.while_loop(goes_on, again, (jnp.zeros_like(v), v, Progress.of(norm(v))))
    return progress.end(w)
