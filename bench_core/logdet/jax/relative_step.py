"""One step along the relative gradient, in place."""

from __future__ import annotations

from collections.abc import Sequence

from jax import Array

from bench_core.logdet.jax._network import backpropagate


def relative_step(
    x: Array, weights: Sequence[Array], biases: Sequence[Array], alpha: Array, rate: Array
) -> tuple[tuple[Array, ...], tuple[Array, ...]]:
    _, pre, deltas = backpropagate(x, weights, biases, alpha)
    updated = [update(W, b, y, delta, rate) for W, b, y, delta in zip(weights, biases, pre, deltas)]
    return tuple(W for W, _ in updated), tuple(b for _, b in updated)


def update(W: Array, b: Array, y: Array, delta: Array, rate: Array) -> tuple[Array, Array]:
    """The step of one layer."""
    scaled = rate * delta
    if y.shape[0] > y.shape[1]:  # B > D: the D x D product first is the cheaper order
        moved = (1 + rate) * W + (scaled.T @ y) @ W
    else:
        moved = (1 + rate) * W + scaled.T @ (y @ W)
    return moved, (1 + rate) * b + scaled.T @ (1 + y @ b)
