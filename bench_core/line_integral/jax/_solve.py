"""``J(x)^-1 y`` by LU, by Cholesky or by the Kronecker factors."""

from __future__ import annotations

import jax.numpy as jnp
from jax import Array
from jax.scipy.linalg import cho_solve

from bench_core.line_integral.jax._jacobian import Parameters, factors, form, network
from bench_core.line_integral.oracle import EPS


def lu(M: Array, y: Array, J: str) -> Array:
    return jnp.linalg.solve(form(M, y.shape[1], J), y[:, :, None])[:, :, 0]


def cholesky(M: Array, y: Array, J: str) -> Array:
    """For a J that is symmetric and positive."""
    factor = jnp.linalg.cholesky(form(M, y.shape[1], J), symmetrize_input=False)
    return cho_solve((factor, True), y[:, :, None])[:, :, 0]


def kronecker(M: Array, y: Array, J: str) -> Array:
    """``A^-1 Y B^-T``, or with eigenvectors of ``A A^T`` and ``B B^T``: ``U [(U^T Y V) / (a b^T + eps)] V^T``."""
    A, B = factors(M, y.shape[1])
    Y = y.reshape(A.shape)
    if J == "kronecker":
        return jnp.linalg.solve(B, jnp.linalg.solve(A, Y).mT).mT.reshape(y.shape)
    a, U = jnp.linalg.eigh(A @ A.mT, symmetrize_input=False)
    b, V = jnp.linalg.eigh(B @ B.mT, symmetrize_input=False)
    inner = (U.mT @ Y @ V) / (a[:, :, None] * b[:, None] + EPS)
    return (U @ inner @ V.mT).reshape(y.shape)


SOLVERS = {"lu": lu, "cholesky": cholesky, "kronecker": kronecker}


def velocity(x: Array, y: Array, parameters: Parameters, J: str, solver: str) -> Array:
    """``J(x)^-1 y`` for rows x and y, (n, d)."""
    return SOLVERS[solver](network(x, parameters), y, J)
