"""The network's forward and backward pass, shared by the closed-form methods."""

from __future__ import annotations

from collections.abc import Sequence

import jax
import jax.numpy as jnp
from jax import Array, lax


def activate(y: Array, alpha: Array) -> Array:
    """``s(y) = a y + (1 - a) softplus(y)``."""
    return alpha * y + (1 - alpha) * jax.nn.softplus(y)


def backpropagate(
    x: Array, weights: Sequence[Array], biases: Sequence[Array], alpha: Array
) -> tuple[list[Array], list[Array], list[Array]]:
    """Inputs Z, pre-activations Y and Delta of every layer, each (B, D); ``bench_core.logdet.oracle`` has the
    formulas.
    """
    batch, last = x.shape[0], len(weights) - 1
    inputs, pre = [x], []
    for k, (W, b) in enumerate(zip(weights, biases)):
        pre.append(inputs[k] @ W.T + b)
        if k < last:
            inputs.append(activate(pre[k], alpha))
    deltas = [pre[last] * (-1.0 / batch)]
    for k in range(last - 1, -1, -1):
        deltas.insert(0, pull_back(deltas[0] @ weights[k + 1], pre[k], alpha))
    return inputs, pre, deltas


def pull_back(pulled: Array, y: Array, alpha: Array) -> Array:
    """Delta of a layer whose pre-activations are y: the gradient by its output, through the activation, and that of
    ``log s'(y)``; all (B, D).
    """
    gate = jax.nn.sigmoid(y)
    slope = alpha + (1 - alpha) * gate
    curve = gate * (1 - gate) * ((1 - alpha) / y.shape[0])
    return pulled * slope + curve / slope


def outer(left: Array, right: Array) -> Array:
    """``left^T right`` for left (B, n) and right (B, m) or (B,), without a transpose.

    XLA rewrites the transpose of a product as the product of the transposes, which its CPU libraries do a third slower.
    """
    return lax.dot_general(left, right, (((0,), (0,)), ((), ())))


def log_density(z: Array) -> Array:
    """Standard normal log-density summed over the last axis, without its constant."""
    return -0.5 * jnp.sum(z * z, axis=-1)
