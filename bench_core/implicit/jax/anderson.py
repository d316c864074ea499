"""Anderson acceleration of the adjoint's fixed-point iteration."""

from __future__ import annotations

import jax.numpy as jnp
from jax import Array

from bench_core.implicit.jax._anderson import accelerate
from bench_core.implicit.jax._batch import Progress, Solution, norm
from bench_core.implicit.operator import Adjoint
from bench_core.implicit.settings import Stop


def anderson(operator: Adjoint[Array], v: Array, *, stop: Stop) -> Solution:
    """``w = v + A^T w``, ``A = dT/du``, by Anderson acceleration (type II, window 5), per sample.

    v (B, D), stop the relative residual per sample and the largest number of iterations. Cost: n vjps in n
    iterations. Raises ``TypeError`` (JAX) where shapes do not fit. Source: Walker and Ni 2011.
    """
    progress = Progress.of(norm(v))
    w, progress = accelerate(lambda w: v + operator.vjp(w), jnp.zeros_like(v), v, progress, stop, relative=False)
    return progress.end(w)
