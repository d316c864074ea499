"""The ordinary gradient with an explicit inverse."""

from __future__ import annotations

from collections.abc import Sequence

import jax.numpy as jnp
from jax import Array

from bench_core.logdet.jax._network import backpropagate, outer


def inverse(
    x: Array, weights: Sequence[Array], biases: Sequence[Array], alpha: Array
) -> tuple[list[Array], list[Array]]:
    """Ordinary gradient of the mean log-likelihood: backpropagation and one inverse per layer.

    ``dW = Delta^T Z + W^-T``, ``db = Delta^T 1``. The inverse is an LU and a solve with the identity, (8/3) D^3: JAX
    has no LAPACK getri, whose inverse takes 2 D^3.

    x (B, D), weights L x (D, D), biases L x (D,), alpha the activation's slope. Returns the gradients in the same
    shapes. Cost: (3L-1) 2BD^2 + (8/3) L D^3 FLOPs, about 8 s D^2 bytes a layer. Raises ``TypeError`` (JAX) where shapes
    do not fit; a singular W gives numbers that are not finite.
    Source: Gresele et al. 2020, eq. 10.
    """
    inputs, _, deltas = backpropagate(x, weights, biases, alpha)
    weight_gradients = [outer(delta, z) + jnp.linalg.inv(W).T for W, z, delta in zip(weights, inputs, deltas)]
    return weight_gradients, [delta.sum(0) for delta in deltas]
