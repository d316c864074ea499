"""Generalised minimal residuals, restarted."""

from __future__ import annotations

import jax.numpy as jnp
from jax import Array, lax

from bench_core.implicit.jax._batch import Progress, Solution, divide, dot, norm
from bench_core.implicit.operator import Adjoint
from bench_core.implicit.settings import KEPT, Stop
from bench_core.method import check_whole


def gmres(operator: Adjoint[Array], v: Array, *, stop: Stop, restart: int = KEPT) -> Solution:
    """GMRES for ``J^T w = v``, restarted every ``restart`` iterations.

    Modified Gram-Schmidt, which is stable here (Paige, Rozloznik and Strakos 2006), over the vectors that there are:
    the basis has its full length from the start, its rest is not read. The rotations of the Hessenberg matrices are
    kept as their product. v (B, D), stop the relative residual per sample and the largest number of iterations, restart
    that of a cycle, whose vectors are kept. Cost: n vjps in n iterations, one more for the true residual after every
    cycle, the last one too, and 2 j B D multiply-adds in the j-th iteration of a cycle. Raises ``ValueError`` for a
    setting that is none, ``TypeError`` (JAX) where shapes do not fit. Source: Saad and Schultz 1986.
    """
    return iterate(operator, v, jnp.zeros_like(v), v, Progress.of(norm(v)), stop, restart)


def iterate(
    operator: Adjoint[Array], v: Array, w: Array, residual: Array, progress: Progress, stop: Stop, restart: int
) -> Solution:
    """Cycles from w with the residual ``v - J^T w``."""
    check_whole("restart", restart, "number of iterations")

    def cycle(state):
        w, residual, progress = state
        correction, progress = _cycle(operator, residual, stop, progress, restart)
        w = w + correction
        residual = v - w + operator.vjp(w)
        return w, residual, progress.check(residual, stop)

    w, _, progress = lax.while_loop(lambda state: state[-1].goes_on(stop), cycle, (w, residual, progress))
    return progress.end(w)


def _cycle(
    operator: Adjoint[Array], residual: Array, stop: Stop, progress: Progress, restart: int
) -> tuple[Array, Progress]:
    """At most ``restart`` iterations from this residual: the correction of w, and the progress."""
    B, D = residual.shape
    start = norm(residual)
    basis = jnp.zeros((restart + 1, B, D), residual.dtype).at[0].set(divide(residual, start))
    turned = jnp.broadcast_to(jnp.eye(restart + 1, dtype=residual.dtype), (B, restart + 1, restart + 1))
    triangle = jnp.broadcast_to(jnp.eye(restart, dtype=residual.dtype), (B, restart, restart))
    right = jnp.zeros((B, restart + 1), residual.dtype).at[:, 0].set(start[:, 0])
    used = jnp.zeros(B, jnp.int32)

    def orthogonalise(basis, q, h, j):
        """``q`` without its part in the first j + 1 vectors, and the coefficients added to ``h``."""

        def one(i, state):
            q, h = state
            part = dot(basis[i], q)
            return q - part * basis[i], h.at[:, i].add(part[:, 0])

        return lax.fori_loop(0, j + 1, one, (q, h))

    def step(state):
        j, basis, turned, triangle, right, used, progress = state
        q = basis[j] - operator.vjp(basis[j])
        h = jnp.zeros((B, restart + 1), q.dtype)
        q, h = orthogonalise(basis, q, h, j)
        below = norm(q)
        basis = basis.at[j + 1].set(divide(q, below))
        column = (turned * h[:, None, :]).sum(2)
        diagonal = lax.dynamic_slice_in_dim(column, j, 1, 1)
        length = jnp.hypot(diagonal, below)
        cos, sin = divide(diagonal, length), divide(below, length)
        above = jnp.where(jnp.arange(restart) < j, column[:, :restart], 0).at[:, j].set(length[:, 0])
        triangle = triangle.at[:, :, j].set(above)
        # The new rotation acts on rows j and j + 1 of the product so far, and on the right-hand side.
        rows = turned[:, j], turned[:, j + 1]
        turned = turned.at[:, j].set(cos * rows[0] + sin * rows[1])
        turned = turned.at[:, j + 1].set(cos * rows[1] - sin * rows[0])
        old = lax.dynamic_slice_in_dim(right, j, 1, 1)
        right = right.at[:, j].set((cos * old)[:, 0]).at[:, j + 1].set(-(sin * old)[:, 0])
        used = used + progress.active[:, 0]
        return j + 1, basis, turned, triangle, right, used, progress.update(jnp.abs(sin * old), stop)

    state = (jnp.asarray(0), basis, turned, triangle, right, used, progress)
    j, basis, _, triangle, right, used, progress = lax.while_loop(
        lambda state: (state[0] < restart) & state[-1].goes_on(stop), step, state
    )
    # Columns that do not count become those of the identity; so does a column of zeros (residual 0 at its start).
    keep = jnp.arange(restart) < used[:, None]
    eye = jnp.eye(restart, dtype=residual.dtype)
    diagonal = jnp.diagonal(triangle, axis1=1, axis2=2)
    triangle = jnp.where(keep[:, None, :], triangle, eye)
    triangle = triangle + eye * jnp.where(keep & (diagonal == 0), 1, 0)[:, None, :]
    solved = _solve_upper(triangle, jnp.where(keep, right[:, :restart], 0), j)

    def add(i, correction):
        return correction + lax.dynamic_slice_in_dim(solved, i, 1, 1) * basis[i]

    return lax.fori_loop(0, j, add, jnp.zeros_like(residual)), progress


def _solve_upper(triangle: Array, right: Array, columns: Array) -> Array:
    """Back substitution over the columns that there are, all samples at once; LAPACK would be called for each."""

    def one(i, x):
        k = columns - 1 - i
        row = lax.dynamic_index_in_dim(triangle, k, 1, keepdims=False)
        rest = (jnp.where(jnp.arange(len(row[0])) > k, row, 0) * x).sum(1)
        value = (lax.dynamic_index_in_dim(x, k, 1, keepdims=False) - rest) / lax.dynamic_index_in_dim(
            row, k, 1, keepdims=False
        )
        return x.at[:, k].set(value)

    return lax.fori_loop(0, columns, one, right)
