"""Generalised minimal residuals, restarted."""

from __future__ import annotations

from functools import partial

import jax.numpy as jnp
from jax import Array, lax

from bench_core.implicit.jax._batch import Progress, Solution, divide, norm
from bench_core.implicit.operator import Adjoint
from bench_core.implicit.settings import CANCELLED, KEPT, Stop, block
from bench_core.method import check_whole


def gmres(operator: Adjoint[Array], v: Array, *, stop: Stop, restart: int = KEPT) -> Solution:
    """GMRES for ``J^T w = v``, restarted every ``restart`` iterations.

    Gram-Schmidt, classical within blocks of vectors and modified from one to the next, once more where much was lost,
    over the blocks that there are: the basis has its full length from the start. A new column of the Hessenberg
    matrices is turned by one rotation after the other, which takes less than their product does here. v (B, D), stop
    the relative residual per sample and the largest number of iterations, restart that of a cycle, whose vectors are
    kept. Cost: n vjps in n iterations, one more for the true residual after every cycle, the last one too, and 2 j B D
    multiply-adds in the j-th iteration of a cycle. Raises ``ValueError`` for a setting that is none, ``TypeError``
    (JAX) where shapes do not fit. Source: Saad and Schultz 1986.
    """
    return iterate(operator, v, jnp.zeros_like(v), v, Progress.of(norm(v)), stop, restart)


def iterate(
    operator: Adjoint[Array], v: Array, w: Array, residual: Array, progress: Progress, stop: Stop, restart: int
) -> Solution:
    """Cycles from w with the residual ``v - J^T w``, in blocks of the device that they are compiled for."""
    check_whole("restart", restart, "number of iterations")

    def solve(v, w, residual, progress, device):
        def cycle(state):
            w, residual, progress = state
            correction, progress = _cycle(operator, residual, stop, progress, restart, block(device))
            w = w + correction
            residual = v - w + operator.vjp(w)
            return w, residual, progress.check(residual, stop)

        w, _, progress = lax.while_loop(lambda state: state[-1].goes_on(stop), cycle, (w, residual, progress))
        return progress.end(w)

    given, cpu, cuda = (v, w, residual, progress), partial(solve, device="cpu"), partial(solve, device="cuda")
    if block("cpu") == block("cuda"):  # one program: where there is a choice each of them is traced
        return cpu(*given)
    return lax.platform_dependent(*given, cuda=cuda, default=cpu)


def _cycle(
    operator: Adjoint[Array], residual: Array, stop: Stop, progress: Progress, restart: int, wide: int
) -> tuple[Array, Progress]:
    """At most ``restart`` iterations from this residual, in blocks of ``wide`` vectors: the correction of w, and the
    progress.
    """
    B, D = residual.shape
    put = partial(lax.dynamic_update_slice_in_dim, axis=1)  # ``.at[].set`` is a scatter, which takes longer
    start = norm(residual)
    length = -(-(restart + 1) // wide) * wide
    basis = jnp.zeros((B, length, D), residual.dtype).at[:, 0].set(divide(residual, start))
    turns = jnp.zeros((2, B, restart), residual.dtype)  # cosines and sines
    triangle = jnp.broadcast_to(jnp.eye(restart, dtype=residual.dtype), (B, restart, restart))
    right = jnp.zeros((B, restart + 1), residual.dtype).at[:, 0].set(start[:, 0])
    used = jnp.zeros(B, jnp.int32)

    def orthogonalise(basis, q, j):
        """``q`` without its part in the first j + 1 vectors, and the coefficients (B, length)."""

        def one(i, state):
            q, parts = state
            known = lax.dynamic_slice_in_dim(basis, i * wide, wide, 1)
            part = jnp.einsum("bkd,bd->bk", known, q, precision="highest")
            q = q - jnp.einsum("bk,bkd->bd", part, known, precision="highest")
            return q, put(parts, part, i * wide)

        return lax.fori_loop(0, j // wide + 1, one, (q, jnp.zeros((B, length), q.dtype)))

    def again(basis, q, parts, j):
        q, rest = orthogonalise(basis, q, j)
        return q, parts + rest

    def step(state):
        j, basis, turns, triangle, right, used, progress = state
        # The space of J^T is that of 1 - J^T, whose column is 1 on the diagonal less these coefficients.
        product = operator.vjp(lax.dynamic_index_in_dim(basis, j, 1, keepdims=False))
        q, parts = orthogonalise(basis, product, j)
        lost = (norm(q) < CANCELLED * norm(product)).any()
        q, parts = lax.cond(lost, again, lambda basis, q, parts, j: (q, parts), basis, q, parts, j)
        below = norm(q)
        basis = put(basis, -divide(q, below)[:, None], j + 1)

        def rotate(i, column):
            cos, sin = lax.dynamic_slice_in_dim(turns, i, 1, 2)
            first, second = jnp.split(lax.dynamic_slice_in_dim(column, i, 2, 1), 2, 1)
            return put(column, jnp.concatenate([cos * first + sin * second, cos * second - sin * first], 1), i)

        column = lax.fori_loop(0, j, rotate, (jnp.arange(restart + 1) == j) - parts[:, : restart + 1])
        diagonal = lax.dynamic_slice_in_dim(column, j, 1, 1)
        size = jnp.hypot(diagonal, below)
        cos, sin = divide(diagonal, size), divide(below, size)
        above = put(jnp.where(jnp.arange(restart) < j, column[:, :restart], 0), size, j)
        triangle = lax.dynamic_update_slice_in_dim(triangle, above[:, :, None], j, 2)
        turns = lax.dynamic_update_slice_in_dim(turns, jnp.stack([cos, sin]), j, 2)
        old = lax.dynamic_slice_in_dim(right, j, 1, 1)
        right = put(right, jnp.concatenate([cos * old, -sin * old], 1), j)
        used = used + progress.active[:, 0]
        return j + 1, basis, turns, triangle, right, used, progress.update(jnp.abs(sin * old), stop)

    state = (jnp.asarray(0), basis, turns, triangle, right, used, progress)
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
    solved = jnp.pad(solved, ((0, 0), (0, length - restart)))

    def add(i, correction):
        known, part = (lax.dynamic_slice_in_dim(each, i * wide, wide, 1) for each in (basis, solved))
        return correction + jnp.einsum("bk,bkd->bd", part, known, precision="highest")

    return lax.fori_loop(0, -(-j // wide), add, jnp.zeros_like(residual)), progress


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
