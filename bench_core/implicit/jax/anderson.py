"""Anderson acceleration of the adjoint's fixed-point iteration."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
from jax import Array

from bench_core.implicit.jax._anderson import accelerate
from bench_core.implicit.jax._batch import Progress, Solution, norm


def anderson(operator: Any, v: Array, *, tol: float, most: int) -> Solution:
    """``w = v + A^T w``, ``A = dT/du``, by Anderson acceleration (type II, window 5), per sample.

    v (B, D), tol the relative residual per sample, most the largest number of iterations. Cost: n vjps in n
    iterations. Raises ``TypeError`` (JAX) where shapes do not fit. Source: Walker and Ni 2011.
    """
    progress = Progress.of(norm(v))
    w, progress = accelerate(lambda w: v + operator.vjp(w), jnp.zeros_like(v), v, progress, tol, most, relative=False)
    return progress.end(w)
