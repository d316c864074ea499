"""The fixed point by Anderson acceleration."""

from __future__ import annotations

import jax.numpy as jnp
from jax import Array

from bench_core.implicit.jax._anderson import accelerate
from bench_core.implicit.jax._batch import Progress, Solution
from bench_core.implicit.operator import Map
from bench_core.implicit.settings import WINDOW, Stop


def forward_anderson(operator: Map[Array], v: Array, *, stop: Stop, window: int = WINDOW) -> Solution:
    """``u = T(u; d)`` from 0 by Anderson acceleration (type II), per sample.

    v (B, D) gives the shape only; stop the relative residual ``|T(u) - u| / |T(u)|`` per sample and the largest number
    of iterations, window the number of pairs that the next one is made of. Cost: n + 1 evaluations in n iterations.
    Raises ``ValueError`` for a setting that is none, ``TypeError`` (JAX) where shapes do not fit. Source: Walker and Ni
    2011.
    """
    progress, start = Progress.of(jnp.ones_like(v[:, :1])), jnp.zeros_like(v)
    evaluate = operator.evaluate
    u, progress = accelerate(evaluate, start, evaluate(start), progress, stop, relative=True, window=window)
    return progress.end(u)
