"""Backpropagation through the forward iteration with most states computed again."""

from __future__ import annotations

from functools import partial
from math import isqrt
from typing import Any

import jax
import jax.numpy as jnp
from jax import Array, lax


def unrolled_checkpointed(operator: Any, v: Array, *, K: int) -> dict[str, Array]:
    """As ``unrolled``, keeping the state at the start of every sqrt(K) steps only.

    v (B, D). Returns the gradients named as the parameters. Cost: 2 K - 1 evaluations, K - 1 vjps, K parameter-vjps,
    memory about 2 sqrt(K) B D. Raises ``TypeError`` (JAX) where shapes do not fit. Source: Chen et al. 2016.
    """
    length = max(1, isqrt(K))

    def last(parameters: dict[str, Array]) -> Array:
        moving = operator.of(operator.arrays | parameters)

        def segment(u: Array, steps: int) -> Array:
            return lax.scan(lambda u, _: (moving.evaluate(u), None), u, length=steps)[0]

        # The first step stands apart: it starts from a constant, by which no gradient is asked for.
        u = moving.evaluate(jnp.zeros_like(v))
        whole = jax.checkpoint(partial(segment, steps=length))
        u = lax.scan(lambda u, _: (whole(u), None), u, length=(K - 1) // length)[0]
        return jax.checkpoint(partial(segment, steps=(K - 1) % length))(u)

    return jax.vjp(last, operator.parameters())[1](v)[0]
