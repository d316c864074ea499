"""One step along the relative gradient, in place."""

from __future__ import annotations

from collections.abc import Sequence

from jax import Array, lax

from bench_core.logdet.jax._network import backpropagate, outer

TILE = 512  # rows of W updated at once: the product is held for so many, and smaller ones keep the cores less busy


def relative_step(
    x: Array, weights: Sequence[Array], biases: Sequence[Array], alpha: Array, rate: Array
) -> tuple[tuple[Array, ...], tuple[Array, ...]]:
    """Ascend the mean log-likelihood by one relative-gradient step; donate weights and biases to have them overwritten.

    ``W <- (1 + mu) W + mu Delta^T (Y W)``, ``b <- (1 + mu) b + mu Delta^T (1 + Y b)`` with mu the rate.

    x (B, D), weights L x (D, D), biases L x (D,), alpha the activation's slope. Returns the updated parameters.
    Cost: (4L-1) 2BD^2 FLOPs, about 5 s D^2 bytes a layer; no gradient is stored, the update goes tile by tile of rows.
    Raises ``TypeError`` (JAX) where shapes do not fit. Source: Gresele et al. 2020, eq. 13 and appendix F.
    """
    _, pre, deltas = backpropagate(x, weights, biases, alpha)
    # No update before the last reader of the old weights: XLA would keep a copy of them for it.
    pre, deltas, weights = lax.optimization_barrier((pre, deltas, tuple(weights)))
    updated = [update(W, b, y, delta, rate) for W, b, y, delta in zip(weights, biases, pre, deltas)]
    return tuple(W for W, _ in updated), tuple(b for _, b in updated)


def update(W: Array, b: Array, y: Array, delta: Array, rate: Array) -> tuple[Array, Array]:
    """The step of one layer, in place where W is donated."""
    grow, scaled = 1 + rate, rate * delta
    if y.shape[0] > y.shape[1]:  # B > D: small matrices, and W may not be both operand and result
        moved = outer(scaled, y) @ W + grow * W
    else:
        moved = add_outer(W, grow, scaled, y @ W)
    return moved, outer(scaled, 1 + y @ b) + grow * b


def add_outer(W: Array, grow: Array, left: Array, right: Array) -> Array:
    """``grow W + left^T right`` for left and right (B, D), tile by tile: XLA's product has no beta, and holds its result."""
    dimension = W.shape[0]
    tiles = -(-dimension // TILE)
    rows, rest = divmod(dimension, tiles)

    def add(W: Array, start: Array | int, rows: int) -> Array:
        product = outer(lax.dynamic_slice_in_dim(left, start, rows, axis=1), right)
        old = lax.dynamic_slice_in_dim(W, start, rows)
        return lax.dynamic_update_slice_in_dim(W, product + grow * old, start, axis=0)

    W = lax.fori_loop(0, tiles, lambda i, W: add(W, i * rows, rows), W)
    return add(W, tiles * rows, rest) if rest else W
