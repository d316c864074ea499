"""Broyden's method on the adjoint equation."""

from __future__ import annotations

import jax.numpy as jnp
from jax import Array

from bench_core.implicit.jax._batch import Progress, Solution, norm
from bench_core.implicit.jax._broyden import find_root
from bench_core.implicit.operator import Adjoint
from bench_core.implicit.settings import Stop


def broyden(operator: Adjoint[Array], v: Array, *, stop: Stop) -> Solution:
    """``w = v + A^T w``, ``A = dT/du``, by Broyden's good method, per sample, 30 pairs.

    v (B, D), stop the relative residual per sample and the largest number of iterations. Cost: n vjps in n
    iterations. Raises ``TypeError`` (JAX) where shapes do not fit. Source: Bai et al. 2019, section 3.1.3.
    """
    progress = Progress.of(norm(v))
    w, _, progress = find_root(lambda w: v + operator.vjp(w), jnp.zeros_like(v), v, progress, stop, relative=False)
    return progress.end(w)
