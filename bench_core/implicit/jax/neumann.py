"""The Neumann series summed until it has converged."""

from __future__ import annotations

from jax import Array, lax

from bench_core.implicit.jax._batch import Progress, Solution, norm
from bench_core.implicit.operator import Adjoint
from bench_core.implicit.settings import Stop


def neumann(operator: Adjoint[Array], v: Array, *, stop: Stop) -> Solution:
    """``w <- v + A^T w``, ``A = dT/du``, from v, until a sample's ``|v + A^T w - w|`` is at most ``tol |v|``.

    The series ``sum_j (A^T)^j v`` by Horner's rule, whose change in a step is the residual before it: true to rounding,
    and no product is spent on it. v (B, D), stop the relative residual per sample and the largest number of iterations.
    Cost: n vjps in n iterations, contraction gamma each. Diverges, and says so, where the spectral radius of A is not
    below 1. Raises ``TypeError`` (JAX) where shapes do not fit. Source: Wu Fung et al. 2022, eq. 22.
    """

    def step(state):
        w, progress = state
        change = v + operator.vjp(w) - w
        return w + progress.keep(change), progress.update(norm(change), stop, norm(w))

    w, progress = lax.while_loop(lambda state: state[-1].goes_on(stop), step, (v, Progress.of(norm(v))))
    return progress.end(w)
