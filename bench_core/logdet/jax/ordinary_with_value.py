"""The ordinary gradient and the log-determinant's value, from one factorisation."""

from __future__ import annotations

from collections.abc import Sequence

import jax.numpy as jnp
from jax import Array
from jax.scipy.linalg import lu_factor, lu_solve

from bench_core.logdet.jax._network import backpropagate, outer


def ordinary_with_value(
    x: Array, weights: Sequence[Array], biases: Sequence[Array], alpha: Array
) -> tuple[list[Array], list[Array], Array]:
    """Ordinary gradient of the mean log-likelihood and log|det W| of every layer: what both cost who wants both.

    ``dW = Delta^T Z + W^-T``, ``db = Delta^T 1``, ``log|det W| = sum log|U_ii|`` of the LU that the inverse takes.

    x (B, D), weights L x (D, D), biases L x (D,), alpha the activation's slope. Returns the gradients in the same
    shapes and (L,). Cost: (3L-1) 2BD^2 + (8/3) L D^3 FLOPs, about 8 s D^2 bytes a layer. Raises ``TypeError`` (JAX)
    where shapes do not fit; a singular W gives numbers that are not finite. Source: Gresele et al. 2020, eq. 9 and 10.
    """
    inputs, _, deltas = backpropagate(x, weights, biases, alpha)
    factors = [lu_factor(W) for W in weights]
    values = jnp.stack([jnp.log(jnp.abs(jnp.diagonal(packed))).sum() for packed, _ in factors])
    weight_gradients = [
        outer(delta, z) + lu_solve(pair, jnp.eye(len(pair[0]), dtype=x.dtype)).T
        for pair, z, delta in zip(factors, inputs, deltas)
    ]
    return weight_gradients, [delta.sum(0) for delta in deltas], values
