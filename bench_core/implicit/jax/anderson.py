"""Anderson acceleration of the adjoint's fixed-point iteration."""

from __future__ import annotations

import jax.numpy as jnp
from jax import Array

from bench_core.implicit.jax._anderson import accelerate
from bench_core.implicit.jax._batch import Progress, Solution, norm
from bench_core.implicit.operator import Adjoint
from bench_core.implicit.settings import WINDOW, Stop


def anderson(operator: Adjoint[Array], v: Array, *, stop: Stop, window: int = WINDOW) -> Solution:
    """``w = v + A^T w``, ``A = dT/du``, by Anderson acceleration (type II), per sample.

    v (B, D), stop the relative residual per sample and the largest number of iterations, window the number of pairs
    that the next one is made of. Cost: n vjps in n iterations. Raises ``ValueError`` for a setting that is none,
    ``TypeError`` (JAX) where shapes do not fit. Source: Walker and Ni 2011.
    """
    progress = Progress.of(norm(v))
    start = jnp.zeros_like(v)
    w, progress = accelerate(lambda w: v + operator.vjp(w), start, v, progress, stop, relative=False, window=window)
    return progress.end(w)
