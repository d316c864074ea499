"""The network's forward and backward pass, shared by the closed-form methods."""

from __future__ import annotations

from collections.abc import Sequence

import jax
import jax.numpy as jnp
from jax import Array, lax


def activate(y: Array, alpha: Array) -> Array:
    """``s(y) = a y + (1 - a) softplus(y)``."""
    return alpha * y + (1 - alpha) * jax.nn.softplus(y)


def log_slope(y: Array, alpha: Array) -> Array:
    """``log s'(y) = log(a + (1 - a) sigmoid(y))``."""
    return jnp.log(alpha + (1 - alpha) * jax.nn.sigmoid(y))


def backpropagate(
    x: Array, weights: Sequence[Array], biases: Sequence[Array], alpha: Array
) -> tuple[list[Array], list[Array], list[Array]]:
    """Inputs Z, pre-activations Y and Delta of every layer, each (B, D); ``bench_core.logdet.oracle`` has the
    formulas.
    """
    inputs, pre = propagate(x, weights, biases, alpha)
    return inputs, pre, pull_through(pre[-1] * (-1.0 / x.shape[0]), pre, weights, alpha)


def propagate(
    x: Array, weights: Sequence[Array], biases: Sequence[Array], alpha: Array
) -> tuple[list[Array], list[Array]]:
    """Inputs Z and pre-activations Y of every layer, each (B, D)."""
    last, inputs, pre = len(weights) - 1, [x], []
    for k, (W, b) in enumerate(zip(weights, biases)):
        pre.append(inputs[k] @ W.T + b)
        if k < last:
            inputs.append(activate(pre[k], alpha))
    return inputs, pre


def pull_through(
    delta: Array, pre: Sequence[Array], weights: Sequence[Array], alpha: Array, share: Array | None = None
) -> list[Array]:
    """Delta of every layer from the last one's, (B, D)."""
    deltas = [delta]
    for k in range(len(pre) - 2, -1, -1):
        deltas.insert(0, pull_back(deltas[0] @ weights[k + 1], pre[k], alpha, share))
    return deltas


def pull_back(pulled: Array, y: Array, alpha: Array, share: Array | None = None) -> Array:
    """Delta of a layer whose pre-activations are y: the gradient by its output, through the activation, and that of
    ``log s'(y)``; all (B, D). ``share`` (B, 1) is what each sample's ``log s'`` counts, 1 / B where it is not given.
    """
    gate = jax.nn.sigmoid(y)
    slope = alpha + (1 - alpha) * gate
    curve = gate * (1 - gate) * ((1 - alpha) / y.shape[0] if share is None else (1 - alpha) * share)
    return pulled * slope + curve / slope


def outer(left: Array, right: Array) -> Array:
    """``left^T right`` for left (B, n) and right (B, m) or (B,), without a transpose.

    XLA rewrites the transpose of a product as the product of the transposes, which its CPU libraries do a third slower.
    """
    return lax.dot_general(left, right, (((0,), (0,)), ((), ())))


def log_density(z: Array) -> Array:
    """Standard normal log-density summed over the last axis, without its constant."""
    return -0.5 * jnp.sum(z * z, axis=-1)
