"""Broyden's method on the adjoint equation."""

from __future__ import annotations

import jax.numpy as jnp
from jax import Array

from bench_core.implicit.jax._batch import Progress, Solution, norm
from bench_core.implicit.jax._broyden import find_root
from bench_core.implicit.operator import Adjoint
from bench_core.implicit.settings import WINDOW, Stop


def broyden(operator: Adjoint[Array], v: Array, *, stop: Stop, pairs: int = WINDOW) -> Solution:
    """``w = v + A^T w``, ``A = dT/du``, by Broyden's good method, per sample.

    v (B, D), stop the relative residual per sample and the largest number of iterations, pairs how many of the inverse
    Jacobian are kept before it starts anew. Cost: n vjps in n iterations. Raises ``ValueError`` for a setting that is
    none, ``TypeError`` (JAX) where shapes do not fit. Source: Bai et al. 2019, section 3.1.3.
    """
    progress = Progress.of(norm(v))
    start = jnp.zeros_like(v)
    w, _, progress = find_root(lambda w: v + operator.vjp(w), start, v, progress, stop, relative=False, pairs=pairs)
    return progress.end(w)
