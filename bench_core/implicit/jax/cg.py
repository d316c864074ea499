"""Conjugate gradients on the normal equations, in the form that never squares the residual."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
from jax import Array, lax

from bench_core.implicit.jax._batch import Progress, Solution, divide, dot, norm


def cg(operator: Any, v: Array, *, tol: float, most: int) -> Solution:
    """CGLS for ``J^T w = v``: conjugate gradients on ``J J^T w = J v`` with the residual of the system itself.

    v (B, D), tol the relative residual per sample, most the largest number of iterations. Cost: n vjps and n jvps in n
    iterations. Raises ``TypeError`` (JAX) where shapes do not fit. Source: Bjorck 1996, algorithm 7.4.1.
    """

    def step(state):
        w, p, residual, size, progress = state
        s = residual - operator.jvp(residual)
        new = dot(s, s)
        p = s + divide(new, size) * p
        q = p - operator.vjp(p)
        length = progress.keep(divide(new, dot(q, q)))
        residual = residual - length * q
        return w + length * p, p, residual, new, progress.update(norm(residual), tol)

    zero = jnp.zeros_like(v)
    start = (zero, zero, v, jnp.ones_like(v[:, :1]), Progress.of(norm(v)))
    w, *_, progress = lax.while_loop(lambda state: state[-1].goes_on(most), step, start)
    return progress.end(w)
