"""The relative gradient."""

from __future__ import annotations

from collections.abc import Sequence

from jax import Array

from bench_core.logdet.jax._network import backpropagate, outer


def relative(
    x: Array, weights: Sequence[Array], biases: Sequence[Array], alpha: Array
) -> tuple[list[Array], list[Array]]:
    """Relative gradient of the mean log-likelihood, without inverse or determinant.

    ``dW = Delta^T (Y W) + W``, ``db = Delta^T (1 + Y b) + b``: the ordinary gradient times ``W^T W`` from the right.

    x (B, D), weights L x (D, D), biases L x (D,), alpha the activation's slope. Returns the gradients in the same
    shapes. Cost: (4L-1) 2BD^2 FLOPs, about 5 s D^2 bytes a layer (s bytes a number). Raises ``TypeError`` (JAX) where
    shapes do not fit. Source: Gresele et al. 2020, eq. 13-15 and appendix F; "+ W" is folded into the last product.
    """
    _, pre, deltas = backpropagate(x, weights, biases, alpha)
    weight_gradients, bias_gradients = [], []
    for W, b, y, delta in zip(weights, biases, pre, deltas):
        weight_gradients.append(differentiate_weight(W, y, delta))
        bias_gradients.append(differentiate_bias(b, y, delta))
    return weight_gradients, bias_gradients


def differentiate_weight(W: Array, y: Array, delta: Array, total: Array | None = None) -> Array:
    """``dW`` of one layer, (D, D); the log-determinant counts ``total`` (one where it is not given)."""
    own = W if total is None else total * W
    if y.shape[0] > y.shape[1]:  # B > D: the D x D product first is the cheaper order
        return outer(delta, y) @ W + own
    return outer(delta, y @ W) + own


def differentiate_bias(b: Array, y: Array, delta: Array, total: Array | None = None) -> Array:
    """``db`` of one layer, (D,); the log-determinant counts ``total`` (one where it is not given)."""
    return outer(delta, 1 + y @ b) + (b if total is None else total * b)
