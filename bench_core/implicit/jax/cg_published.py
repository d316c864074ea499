"""Conjugate gradients on the normal equations as the paper's public code spends its products."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
from jax import Array, lax

from bench_core.implicit.jax._batch import Progress, Solution, divide, dot, norm


def cg_published(operator: Any, v: Array, *, tol: float, most: int) -> Solution:
    """Conjugate gradients on ``N w = J v``, ``N = J J^T``, with N applied three times an iteration.

    Once for the step length, once again for the update of the residual and once for the residual computed anew; the
    paper's mat-vec counts have one of them. Only the stopping rule is the suite's. XLA sees that the first two are the
    same and takes one. v (B, D), tol the relative residual per sample, most the largest number of iterations. Cost:
    2 + 3n vjps and 2 + 3n jvps in n iterations. Raises ``TypeError`` (JAX) where shapes do not fit. Source: Wu Fung et
    al. 2022, table 2 and its public code (the order of operator applications, written anew).
    """

    def direct(x: Array) -> Array:
        return x - operator.jvp(x)

    def adjoint(x: Array) -> Array:
        return x - operator.vjp(x)

    right = direct(v)

    def step(state):
        w, p, residual, size, progress = state
        length = progress.keep(divide(size, dot(p, direct(adjoint(p)))))
        w = w + length * p
        updated = residual - length * direct(adjoint(p))
        new = dot(updated, updated)
        image = adjoint(w)
        residual = right - direct(image)
        p = residual + divide(new, size) * p
        return w, p, residual, new, progress.update(norm(v - image), tol)

    zero = jnp.zeros_like(v)
    residual = right - direct(adjoint(zero))
    start = (zero, residual, residual, dot(residual, residual), Progress.of(norm(v)))
    w, *_, progress = lax.while_loop(lambda state: state[-1].goes_on(most), step, start)
    return Solution(w, progress.iterations, divide(norm(v - adjoint(w)), norm(v))[:, 0])
