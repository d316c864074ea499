"""The Neumann series summed until it has converged."""

from __future__ import annotations

from typing import Any

from jax import Array, lax

from bench_core.implicit.jax._batch import Progress, Solution, norm


def neumann(operator: Any, v: Array, *, tol: float, most: int) -> Solution:
    """``w = sum_j (A^T)^j v``, ``A = dT/du``, until a sample's last term is at most ``tol |v|``.

    The residual of the sum without its last term is that term, so no product is spent on it. v (B, D), tol the
    relative residual per sample, most the largest number of iterations. Cost: n vjps in n iterations, contraction gamma
    each. Diverges, and says so, where the spectral radius of A is not below 1. Raises ``TypeError`` (JAX)
    where shapes do not fit. Source: Wu Fung et al. 2022, eq. 22.
    """

    def step(state):
        w, term, progress = state
        term = progress.keep(operator.vjp(term))
        return w + term, term, progress.update(norm(term), tol)

    w, _, progress = lax.while_loop(lambda state: state[-1].goes_on(most), step, (v, v, Progress.of(norm(v))))
    return progress.end(w)
