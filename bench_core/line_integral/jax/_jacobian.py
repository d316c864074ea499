"""The network, and what the kinds of Jacobian make of its outputs."""

from __future__ import annotations

from collections.abc import Mapping
from math import isqrt

import jax.numpy as jnp
from jax import Array

from bench_core.line_integral.settings import EPS, PLAIN

Parameters = Mapping[str, Array]


def hidden(x: Array, parameters: Parameters) -> Array:
    """``tanh(W0 x + b0)``, (n, H)."""
    return jnp.tanh(x @ parameters["W0"].T + parameters["b0"])


def hidden_along(x: Array, t: Array, parameters: Parameters) -> Array:
    """The hidden layer at t x, ``tanh(t (W0 x) + b0)``, for t (Q,): (Q, n, H), after one product with W0.

    The points as a product of t with a row, whose way back is one, too. How many times faster ``averaged_hidden_16`` is
    than with W0 at every point (d = 1, 8, 32, B = 64, one core): 1.03, 1.29, 1.24; by multiplication, whose way back
    XLA sums slowly, 0.81, 1.08, 1.17.
    """
    inner = x @ parameters["W0"].T
    return jnp.tanh((t[:, None] @ inner.reshape(1, -1)).reshape(-1, *inner.shape) + parameters["b0"])


def outputs(h: Array, parameters: Parameters) -> Array:
    """``W1 h + b1`` of hidden units h (n, H), (n, m)."""
    return h @ parameters["W1"].T + parameters["b1"]


def network(x: Array, parameters: Parameters) -> Array:
    """``M(x) = W1 h + b1``, (n, m)."""
    return outputs(hidden(x, parameters), parameters)


def square(M: Array, d: int) -> Array:
    """The outputs as (n, d, d)."""
    return M.reshape(-1, d, d)


def factors(M: Array, d: int) -> tuple[Array, Array]:
    """The outputs as A and B, (n, sqrt d, sqrt d) each."""
    side = isqrt(d)
    return M[:, :d].reshape(-1, side, side), M[:, d:].reshape(-1, side, side)


def times(matrices: Array, c: Array) -> Array:
    """Matrix times vector for (n, i, j) and (n, j)."""
    return jnp.einsum("nij,nj->ni", matrices, c)


def apply(M: Array, c: Array, J: str) -> Array:
    """``J c`` from the outputs M (n, m) and c (n, d), J never formed."""
    d = c.shape[1]
    if J in PLAIN:
        return times(square(M, d), c)
    if J == "tanh":
        return times(jnp.tanh(square(M, d)), c)
    if J == "psd":
        M = square(M, d)
        return times(M, jnp.einsum("nij,ni->nj", M, c)) + EPS * c
    A, B = factors(M, d)
    C = c.reshape(A.shape)
    if J == "kronecker":
        return (A @ C @ B.mT).reshape(c.shape)
    return (A @ (A.mT @ C @ B) @ B.mT).reshape(c.shape) + EPS * c


def form(M: Array, d: int, J: str) -> Array:
    """J as (n, d, d)."""
    if J.startswith("kronecker"):
        A, B = factors(M, d)
        M = jnp.einsum("nij,nkl->nikjl", A, B).reshape(-1, d, d)
    else:
        M = square(M, d)
    if J in ("psd", "kronecker_psd"):
        return M @ M.mT + EPS * jnp.eye(d, dtype=M.dtype)
    return jnp.tanh(M) if J == "tanh" else M
