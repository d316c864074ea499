"""One step along the relative gradient, in place."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from jax import Array, lax

from bench_core.logdet.jax._network import backpropagate, outer

# Rows of W updated at once: the product is held for so many. Fewer keep two cores less busy, and a GPU has thousands.
TILE, CUDA_TILE = 256, 4096

# A matrix, a factor of it, and left and right of the outer product that is added.
Term = tuple[Array, Array, Array, Array]


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
    return update(weights, biases, pre, deltas, rate)


def update(
    weights: Sequence[Array],
    biases: Sequence[Array],
    pre: Sequence[Array],
    deltas: Sequence[Array],
    rate: Array,
    beside: Sequence[Term] = (),
) -> tuple[tuple[Array, ...], tuple[Array, ...]]:
    """The step of every layer, in place where the parameters are donated: weights, after them what other matrices
    become ``beside`` them, and biases.
    """
    grow, scaled = 1 + rate, [rate * delta for delta in deltas]
    layers = list(zip(weights, biases, pre, scaled))
    if pre[0].shape[0] > pre[0].shape[1]:  # B > D: small matrices, and W may not be both operand and result
        moved = tuple(grow * W + (rate * outer(delta, y)) @ W for W, y, delta in zip(weights, pre, deltas))
        moved += tuple(factor * matrix + outer(left, right) for matrix, factor, left, right in beside)
    else:
        moved = lax.platform_dependent(
            [*((W, grow, delta, y @ W) for W, _, y, delta in layers), *beside],
            cuda=partial(add_outers, rows=CUDA_TILE),
            default=partial(add_outers, rows=TILE),
        )
    return moved, tuple(grow * b + outer(delta, 1 + y @ b) for _, b, y, delta in layers)


def add_outers(terms: Sequence[Term], rows: int) -> tuple[Array, ...]:
    """``factor matrix + left^T right`` for every matrix (D, D), left and right (B, D), tile by tile of at most so many
    rows.

    XLA's product has no beta: untiled it would hold a D x D result beside W. One loop takes all layers, so that no W
    changes before backpropagation has read it: with a loop for each XLA copies W first (``optimization_barrier`` does
    not help).
    """
    dimension = terms[0][0].shape[0]
    tiles = -(-dimension // rows)
    rows, rest = divmod(dimension, tiles)

    def add(matrix: Array, term: Term, start: Array | int, rows: int) -> Array:
        _, factor, left, right = term
        product = outer(lax.dynamic_slice_in_dim(left, start, rows, axis=1), right)
        tile = factor * lax.dynamic_slice_in_dim(matrix, start, rows) + product
        return lax.dynamic_update_slice_in_dim(matrix, tile, start, axis=0)

    def add_all(matrices: tuple[Array, ...], start: Array | int, rows: int) -> tuple[Array, ...]:
        return tuple(add(matrix, term, start, rows) for matrix, term in zip(matrices, terms))

    begun = tuple(matrix for matrix, *_ in terms)
    moved = lax.fori_loop(0, tiles, lambda i, matrices: add_all(matrices, i * rows, rows), begun)
    return add_all(moved, tiles * rows, rest) if rest else moved
