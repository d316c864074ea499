"""The ordinary gradient by automatic differentiation through Jacobians, a few samples at a time."""

from __future__ import annotations

from collections.abc import Sequence

import jax
import jax.numpy as jnp
from jax import Array, lax

from bench_core.logdet.jax.jacobian_autodiff import log_likelihood


def jacobian_autodiff_chunked(
    x: Array, weights: Sequence[Array], biases: Sequence[Array], alpha: Array, chunk: int
) -> tuple[list[Array], list[Array]]:
    """``jacobian_autodiff`` of so many samples at once as have ``chunk`` numbers in their Jacobians and divide the
    batch, one at least.

    The mean over the batch is a sum over its parts, and so is its gradient: as one runs it who has not the memory.

    x (B, D), weights L x (D, D), biases L x (D,), alpha the activation's slope. Returns the gradients in the same
    shapes. Cost: (6L - 10/3) B D^3 FLOPs and 4 D^3 a part, and
    a part's Jacobians in memory several times over. Raises ``TypeError``
    (JAX) where shapes do not fit. Source: Gresele et al. 2020, eq. 2 and section 5.
    """
    batch, dimension = x.shape
    most = max(1, min(batch, chunk // dimension**2))
    size = max(number for number in range(1, most + 1) if batch % number == 0)
    differentiate = jax.grad(log_likelihood, argnums=(1, 2))
    weights, biases = list(weights), list(biases)
    if size == batch:
        return differentiate(x, weights, biases, alpha)

    def add(total: tuple[list[Array], list[Array]], part: Array) -> tuple[tuple[list[Array], list[Array]], None]:
        gradients = differentiate(part, weights, biases, alpha)
        return jax.tree.map(lambda a, b: a + b * (size / batch), total, gradients), None

    start = jax.tree.map(jnp.zeros_like, (weights, biases))
    return lax.scan(add, start, x.reshape(-1, size, dimension))[0]
