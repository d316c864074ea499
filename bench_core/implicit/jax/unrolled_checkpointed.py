"""Backpropagation through the forward iteration with most states computed again."""

from __future__ import annotations

import jax
import jax.numpy as jnp
from jax import Array, lax

from bench_core.implicit.operator import Operator
from bench_core.implicit.segments import segments


def unrolled_checkpointed(operator: Operator[Array], v: Array, *, K: int) -> dict[str, Array]:
    """As ``unrolled``, keeping the state at the start of every sqrt(K) steps only.

    v (B, D), K from 1. Returns the gradients named as the parameters. Cost: K evaluations and those of all segments but
    the last once more, K - 1 vjps, K parameter-vjps, memory about 2 sqrt(K) B D. Raises ``ValueError`` for another K,
    ``TypeError`` (JAX) where shapes do not fit. Source: Chen et al. 2016.
    """
    length, count, rest = segments(K)

    def last(parameters: dict[str, Array]) -> Array:
        moving = operator.of(operator.arrays | parameters)

        def steps(u: Array, number: int) -> Array:
            return lax.scan(lambda u, _: (moving.evaluate(u), None), u, length=number)[0]

        # The first step stands apart: it starts from a constant, by which no gradient is asked for.
        u = moving.evaluate(jnp.zeros_like(v))
        segment = jax.checkpoint(lambda u: steps(u, length))
        return steps(lax.scan(lambda u, _: (segment(u), None), u, length=count)[0], rest)

    return jax.vjp(last, operator.parameters())[1](v)[0]
