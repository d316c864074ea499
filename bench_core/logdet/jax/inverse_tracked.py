"""The ordinary gradient along relative-gradient steps, without an inverse of W."""

from __future__ import annotations

from collections.abc import Sequence

import jax.numpy as jnp
from jax import Array

from bench_core.logdet.jax._network import backpropagate
from bench_core.logdet.jax.relative_step import update


def inverse_tracked(
    x: Array,
    weights: Sequence[Array],
    biases: Sequence[Array],
    inverses: Sequence[Array],
    alpha: Array,
    rate: Array,
    anchor: bool = False,
) -> tuple[tuple[Array, ...], tuple[Array, ...], tuple[Array, ...], list[Array], list[Array]]:
    """The ordinary gradient, and ``relative_step``, which keeps every ``V = W^-T`` up to date for the next call.

    ``dW = Delta^T Z + V``, ``db = Delta^T 1``; then ``V <- (V - c (S^-1 Y)^T (Delta V)) / (1 + mu)`` with ``S = I_B + c
    Y Delta^T`` and ``c = mu / (1 + mu)``, because the step is W times a matrix that differs from (1 + mu) I by rank B.
    (An ordinary step is of full rank, by its W^-T: no inverse follows it in O(B D^2).) Of the last layer ``Delta V =
    -(Z + V^T b) / B`` takes no product.

    x (B, D), weights L x (D, D), biases L x (D,), inverses L x (D, D) transposed, alpha the activation's slope, mu > -1
    the rate. Returns updated weights, biases and inverses (donate all three) and the gradients at those that were
    given. Rounding adds up: ``anchor`` takes the inverses anew from the weights first, (8/3) L D^3, which a training
    loop asks for now and then. Cost: (7L-2) 2BD^2 + L (4 B^2 D + (2/3) B^3) FLOPs; with B > D an inverse costs less.
    Raises ``TypeError`` (JAX) where shapes do not fit; a step to a singular W gives numbers that are not finite.
    Source: the Sherman-Morrison-Woodbury formula along Gresele et al. 2020, eq. 13.
    """
    if anchor:
        inverses = tuple(jnp.linalg.inv(W).T for W in weights)
    inputs, pre, deltas = backpropagate(x, weights, biases, alpha)
    last = (inputs[-1] + biases[-1] @ inverses[-1]) * (-1.0 / x.shape[0])
    turned = [*(delta @ V for V, delta in zip(inverses[:-1], deltas)), last]
    c, shrink = rate / (1 + rate), 1 / (1 + rate)
    lefts = [
        jnp.linalg.solve(jnp.eye(len(y), dtype=y.dtype) + c * (y @ delta.T), y) * (-c * shrink)
        for y, delta in zip(pre, deltas)
    ]
    beside = [(V, shrink, left, right) for V, left, right in zip(inverses, lefts, turned)]
    # In the same loop: where it is not, XLA copies V twice, for the gradient and for the loop.
    one, layers = jnp.ones((), x.dtype), len(weights)
    beside += [(V, one, delta, z) for V, delta, z in zip(inverses, deltas, inputs)]
    moved, biases = update(weights, biases, pre, deltas, rate, beside)
    changed, followed, gradients = (moved[start : start + layers] for start in (0, layers, 2 * layers))
    return changed, biases, followed, list(gradients), [delta.sum(0) for delta in deltas]
