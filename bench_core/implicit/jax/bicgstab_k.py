"""BiCGStab cut after k products."""

from __future__ import annotations

import jax.numpy as jnp
from jax import Array

from bench_core.implicit.jax._batch import Solution, divide, dot, norm
from bench_core.implicit.operator import Adjoint
from bench_core.implicit.settings import ROUNDING
from bench_core.method import check_whole


def bicgstab_k(operator: Adjoint[Array], v: Array, *, k: int) -> Solution:
    """``w = x + r``: x after k half steps of BiCGStab for ``J^T x = v``, r the residual that its recurrence has.

    Adding r is one step of ``w = v + A^T w``, ``A = dT/du``, that costs no product: none is JFB. Nothing is kept but
    the last vectors, and nothing is minimised but each second half step's residual: it may rise.

    v (B, D), k from 0. No bound. Cost: k vjps, and 5 B D multiply-adds each. A sample that is solved stays as it is.
    Raises ``ValueError`` for another k, ``TypeError`` (JAX) where shapes do not fit. Source: van der Vorst 1992.
    """
    check_whole("k", k, "number of products", 0)
    w, residual = jnp.zeros_like(v), v
    p = shadow = v
    rho, least = dot(v, v), ROUNDING * float(jnp.finfo(v.dtype).eps) * norm(v)
    y, alpha = v, rho
    for half in range(k):
        going = norm(residual) > least
        if half % 2 == 0:
            y = p - operator.vjp(p)
            alpha = jnp.where(going, divide(rho, dot(shadow, y)), 0)
            w, residual = w + alpha * p, residual - alpha * y
        else:
            t = residual - operator.vjp(residual)
            omega = jnp.where(going, divide(dot(t, residual), dot(t, t)), 0)
            w, residual = w + omega * residual, residual - omega * t
            new = dot(shadow, residual)
            p = residual + divide(new, rho) * divide(alpha, omega) * (p - omega * y)
            rho = new
    return Solution(w + residual)
