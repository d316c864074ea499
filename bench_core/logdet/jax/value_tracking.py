"""The likelihood's value along relative-gradient steps, without a determinant of W."""

from __future__ import annotations

from collections.abc import Sequence

import jax.numpy as jnp
from jax import Array

from bench_core.logdet.jax._network import backpropagate, outer
from bench_core.logdet.jax.relative_step import update


def logabsdet_change(y: Array, delta: Array, rate: Array) -> Array:
    """How log|det W| changes under ``W <- (1 + mu) W + mu Delta^T Y W``, a number.

    ``D log(1 + mu) + log|det(I_B + mu / (1 + mu) Y Delta^T)|`` (determinant lemma; with B > D the D x D twin of it).
    y and delta (B, D); 2 B^2 D + (2/3) B^3 FLOPs. Needs mu > -1.
    """
    batch, dimension = y.shape
    small = y @ delta.T if batch <= dimension else outer(delta, y)
    small = small * (rate / (1 + rate)) + jnp.eye(small.shape[0], dtype=y.dtype)
    return jnp.linalg.slogdet(small)[1] + dimension * jnp.log1p(rate)


def value_tracking(
    x: Array, weights: Sequence[Array], biases: Sequence[Array], logabsdet: Array, alpha: Array, rate: Array
) -> tuple[tuple[Array, ...], tuple[Array, ...], Array]:
    """``relative_step`` that keeps log|det W| of every layer up to date: the likelihood's value without O(D^3).

    ``log|det W'| = log|det W| + D log(1 + mu) + log|det(I_B + mu / (1 + mu) Y Delta^T)|``.

    x (B, D), weights L x (D, D), biases L x (D,), logabsdet (L,), alpha the activation's slope, mu > -1 the rate.
    Returns updated weights, biases and logabsdet (donate all three). Rounding adds up: re-anchor with ``slogdet`` now
    and then. Cost: (4L-1) 2BD^2 + L (2 B^2 D + (2/3) B^3) FLOPs. Raises ``TypeError`` (JAX) where shapes do not fit.
    Source: the matrix determinant lemma along Gresele et al. 2020, eq. 13.
    """
    _, pre, deltas = backpropagate(x, weights, biases, alpha)
    change = jnp.stack([logabsdet_change(y, delta, rate) for y, delta in zip(pre, deltas)])
    return *update(weights, biases, pre, deltas, rate), logabsdet + change
