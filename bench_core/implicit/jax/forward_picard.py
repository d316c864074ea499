"""The fixed point by Picard iteration."""

from __future__ import annotations

import jax.numpy as jnp
from jax import Array, lax

from bench_core.implicit.jax._batch import Progress, Solution, norm
from bench_core.implicit.operator import Map
from bench_core.implicit.settings import Stop


def forward_picard(operator: Map[Array], v: Array, *, stop: Stop) -> Solution:
    """``u <- T(u; d)`` from 0 until ``|T(u) - u| <= tol |T(u)|`` for every sample.

    v (B, D) gives the shape only; stop the relative residual per sample and the largest number of iterations. Cost: n
    evaluations in n iterations. Diverges, and says so, where T does not contract. Raises ``TypeError`` (JAX) where
    shapes do not fit. Source: Wu Fung et al. 2022, algorithm 1.
    """

    def step(state):
        u, progress = state
        image = operator.evaluate(u)
        change = image - u
        return u + progress.keep(change), progress.update(norm(change), stop, 1.0, norm(image))

    start = (jnp.zeros_like(v), Progress.of(jnp.ones_like(v[:, :1])))
    u, progress = lax.while_loop(lambda state: state[-1].goes_on(stop), step, start)
    return progress.end(u)
