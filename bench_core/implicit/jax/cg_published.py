"""Conjugate gradients on the normal equations as the paper's public code spends its products."""

from __future__ import annotations

import jax.numpy as jnp
from jax import Array, lax

from bench_core.implicit.jax._batch import Progress, Solution, divide, dot, norm
from bench_core.implicit.operator import Linear
from bench_core.implicit.settings import Stop


def cg_published(operator: Linear[Array], v: Array, *, stop: Stop) -> Solution:
    """Conjugate gradients on ``N w = J v``, ``N = J J^T``, with N applied for every use of it but the same one.

    Once for the step length and the update of the residual, and once for the residual computed anew. The public code
    has three applications: its first two are of the same vector, of which XLA makes one however it is written, so that
    they are one here, and counted as what runs; torch's row has all three. Only the stopping rule is the suite's. v
    (B, D), stop the relative residual per sample and the largest number of iterations. Cost: 1 + 2n vjps and 2 + 2n
    jvps in n iterations. Raises ``TypeError`` (JAX) where shapes do not fit. Source: Wu Fung et al. 2022, table 2 and
    its public code (the order of operator applications, written anew).
    """

    def direct(x: Array) -> Array:
        return x - operator.jvp(x)

    def adjoint(x: Array) -> Array:
        return x - operator.vjp(x)

    right = direct(v)

    def step(state):
        w, p, residual, size, progress = state
        normal = direct(adjoint(p))
        length = progress.keep(divide(size, dot(p, normal)))
        w = w + length * p
        updated = residual - length * normal
        new = dot(updated, updated)
        image = adjoint(w)
        residual = right - direct(image)
        p = residual + divide(new, size) * p
        return w, p, residual, new, progress.update(norm(v - image), stop, norm(w))

    zero = jnp.zeros_like(v)
    residual = right - direct(adjoint(zero))
    start = (zero, residual, residual, dot(residual, residual), Progress.of(norm(v)))
    w, *_, progress = lax.while_loop(lambda state: state[-1].goes_on(stop), step, start)
    return progress.end(w)
