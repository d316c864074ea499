"""Backpropagation through every step of the forward iteration."""

from __future__ import annotations

import jax
import jax.numpy as jnp
from jax import Array, lax

from bench_core.implicit.operator import Operator
from bench_core.method import check_whole


def unrolled(operator: Operator[Array], v: Array, *, K: int) -> dict[str, Array]:
    """Gradient of ``<v, u_K>`` through ``u_k = T(u_{k-1}; d)``, ``u_0 = 0``, by reverse mode; all states are kept.

    v (B, D), K from 1. Returns the gradients named as the parameters; their relative error falls as ``K gamma^K``.
    Cost: K evaluations, K - 1 vjps, K parameter-vjps, memory K B D. Raises ``ValueError`` for another K, ``TypeError``
    (JAX) where shapes do not fit. Source: Wu Fung et al. 2022, figure 4.
    """
    check_whole("K", K, "number of steps")

    def last(parameters: dict[str, Array]) -> Array:
        moving = operator.of(operator.arrays | parameters)
        # The first step stands apart: it starts from a constant, by which no gradient is asked for.
        u = moving.evaluate(jnp.zeros_like(v))
        return lax.scan(lambda u, _: (moving.evaluate(u), None), u, length=K - 1)[0]

    return jax.vjp(last, operator.parameters())[1](v)[0]
