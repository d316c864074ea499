"""GMRES cut after k products."""

from __future__ import annotations

import jax.numpy as jnp
from jax import Array, lax

from bench_core.implicit.jax._batch import Solution, divide, dot, norm
from bench_core.implicit.operator import Adjoint
from bench_core.implicit.settings import ROUNDING
from bench_core.method import check_whole


def gmres_k(operator: Adjoint[Array], v: Array, *, k: int) -> Solution:
    """``w = x + r``: x minimises ``|v - J^T x|`` over the Krylov space of k products, r is the residual that it leaves.

    Adding r is one step of ``w = v + A^T w``, ``A = dT/du``, that costs no product: k of them have k + 1 terms, as they
    have in the Neumann series, and none is JFB. In the form of GCR, whose iterates are GMRES's where the symmetric part
    of J is definite, as a contraction's is, and which solves no small system a sample.

    v (B, D), k from 0. The residual is at most gamma times the least of k products. Cost: k vjps, and 3 j B D
    multiply-adds in the j-th. Raises ``ValueError`` for another k, ``TypeError`` (JAX) where shapes do not fit. Source:
    Saad and Schultz 1986; Eisenstat, Elman and Schultz 1983.
    """
    check_whole("k", k, "number of products", 0)
    w, residual = jnp.zeros_like(v), v
    lost = ROUNDING * float(jnp.finfo(v.dtype).eps)
    # p and q = J^T p, the q orthonormal
    directions = images = jnp.zeros((k, *v.shape), v.dtype)
    for j in range(k):
        q = residual - operator.vjp(residual)
        least = lost * norm(q)
        p, q = _reduce(residual, q, directions, images, j)
        size = norm(q)
        size = jnp.where(size > least, size, 0)  # what is less is rounding, and its direction none
        p, q = divide(p, size), divide(q, size)
        step = dot(q, residual)
        w, residual = w + step * p, residual - step * q
        directions, images = directions.at[j].set(p), images.at[j].set(q)
    return Solution(w + residual)


def _reduce(p: Array, q: Array, directions: Array, images: Array, j: int) -> tuple[Array, Array]:
    """q without its parts in the first j images, p without as much of their directions."""

    def one(i: Array, pair: tuple[Array, Array]) -> tuple[Array, Array]:
        p, q = pair
        part = dot(images[i], q)
        return p - part * directions[i], q - part * images[i]

    return lax.fori_loop(0, j, one, (p, q))
