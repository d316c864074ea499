"""The Neumann series summed until it has converged."""

from __future__ import annotations

import jax.numpy as jnp
from jax import Array, lax

from bench_core.implicit.jax._batch import Progress, Solution, norm
from bench_core.implicit.operator import Adjoint
from bench_core.implicit.settings import Stop


def neumann(operator: Adjoint[Array], v: Array, *, stop: Stop) -> Solution:
    """``w = sum_j (A^T)^j v``, ``A = dT/du``, until a sample's last term is at most ``tol |v|``.

    The residual of the sum without its last term is that term; the true one, with what rounding has done to the sum, is
    computed before a sample may stop, and the series goes on from there where it falls short. (Horner's rule has the
    true residual in every step, at two more passes over the batch: 1.2 to 1.5 times the time.) v (B, D), stop the
    relative residual per sample and the largest number of iterations. Cost: n + 1 vjps in n iterations, contraction
    gamma each. Diverges, and says so, where the spectral radius of A is not below 1. Raises ``TypeError`` (JAX) where
    shapes do not fit. Source: Wu Fung et al. 2022, eq. 22.
    """
    return iterate(operator, v, jnp.zeros_like(v), v, Progress.of(norm(v)), stop)


def iterate(operator: Adjoint[Array], v: Array, w: Array, residual: Array, progress: Progress, stop: Stop) -> Solution:
    """The series of the residual ``v - J^T w``, added to w."""

    def goes_on(state):
        return state[-1].goes_on(stop)

    def step(state):
        w, term, progress = state
        term = progress.keep(operator.vjp(term))
        return w + term, term, progress.update(norm(term), stop)

    def again(state):
        w, residual, progress = state
        term = progress.keep(residual)
        w, _, progress = lax.while_loop(goes_on, step, (w + term, term, progress))
        residual = v - w + operator.vjp(w)
        return w, residual, progress.check(residual, stop)

    w, _, progress = lax.while_loop(goes_on, again, (w, residual, progress))
    return progress.end(w)
