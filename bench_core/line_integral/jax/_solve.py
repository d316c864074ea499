"""``J(x)^-1 y`` by LU, by Cholesky or by the Kronecker factors."""

from __future__ import annotations

import jax
import jax.numpy as jnp
from jax import Array, lax
from jax.scipy.linalg import cho_solve, lu_factor, lu_solve

from bench_core.line_integral.jax._jacobian import Parameters, factors, form, network
from bench_core.line_integral.settings import EPS


def solve_symmetric(matrices: Array, right: Array) -> Array:
    """For symmetric (n, i, i) and (n, i, k): Cholesky, or LU where one of them is not positive."""
    factor = jnp.linalg.cholesky(matrices, symmetrize_input=False)
    return lax.cond(
        jnp.isfinite(factor).all(),  # not a number of a matrix that has none
        lambda: cho_solve((factor, True), right),
        lambda: jnp.linalg.solve(matrices, right),
    )


def lu(M: Array, y: Array, J: str) -> Array:
    return jnp.linalg.solve(form(M, y.shape[1], J), y[:, :, None])[:, :, 0]


def cholesky(M: Array, y: Array, J: str) -> Array:
    """For a J that is symmetric and positive."""
    factor = jnp.linalg.cholesky(form(M, y.shape[1], J), symmetrize_input=False)
    return cho_solve((factor, True), y[:, :, None])[:, :, 0]


def kronecker(M: Array, y: Array, J: str) -> Array:
    """``A^-1 Y B^-T``, or with eigenvectors of ``A A^T`` and ``B B^T``: ``U [(U^T Y V) / (a b^T + eps)] V^T``.

    Both factors in one call of LAPACK: XLA runs calls that do not depend on one another at once, each in a thread of
    the pool and waiting for threads of that pool, so that two in a pool of two wait for ever (jaxlib 0.10.2).
    """
    AB = jnp.stack(factors(M, y.shape[1]))
    Y = y.reshape(AB.shape[1:])
    if J == "kronecker":
        (A, B), (a, b) = jax.vmap(jax.vmap(lu_factor))(AB)
        solve = jax.vmap(lambda factor, pivots, right: lu_solve((factor, pivots), right))
        return solve(B, b, solve(A, a, Y).mT).mT.reshape(y.shape)
    (a, b), (U, V) = jnp.linalg.eigh(AB @ AB.mT, symmetrize_input=False)
    inner = (U.mT @ Y @ V) / (a[:, :, None] * b[:, None] + EPS)
    return (U @ inner @ V.mT).reshape(y.shape)


SOLVERS = {"lu": lu, "cholesky": cholesky, "kronecker": kronecker}


def velocity(x: Array, y: Array, parameters: Parameters, J: str, solver: str) -> Array:
    """``J(x)^-1 y`` for rows x and y, (n, d)."""
    return SOLVERS[solver](network(x, parameters), y, J)
