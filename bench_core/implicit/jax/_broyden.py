"""Broyden's good method for a root, every sample for itself, with the inverse Jacobian as pairs of vectors."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import jax.numpy as jnp
from jax import Array, lax

from bench_core.implicit.jax._batch import Progress, divide, dot, norm
from bench_core.implicit.settings import Stop
from bench_core.method import check_whole


class Factors(NamedTuple):
    """The inverse Jacobian of ``x - f(x)`` as ``I + sum_j left_j right_j^T``; both (n, B, D), zeros where unused."""

    left: Array
    right: Array


def find_root(
    f: Callable[[Array], Array], x: Array, image: Array, progress: Progress, stop: Stop, relative: bool, pairs: int
) -> tuple[Array, Factors, Progress]:
    """x with ``f(x) = x``, from x (B, D) and its ``image`` f(x); at most ``pairs`` are kept, then it starts anew.

    ``relative``: the residual counts against the size of the image, else against ``progress``'s own. One call of f an
    iteration.
    """
    check_whole("pairs", pairs, "number of pairs")

    def times(left: Array, right: Array, kept: Array, vector: Array) -> Array:
        """``vector + sum_j left_j (right_j . vector)`` over the pairs that there are."""
        return lax.fori_loop(0, kept, lambda i, sum_: sum_ + dot(right[i], vector) * left[i], vector)

    def step(state):
        kept, x, residual, wanted, left, right, progress = state
        move = progress.keep(wanted)
        x = x + move
        image = f(x)
        new = image - x
        change = residual - new  # of x - f(x) along the move
        wanted, kept = jnp.where(kept == pairs, residual, wanted), jnp.where(kept == pairs, 0, kept)
        # H <- H + (move - H change) (move^T H) / (move^T H change)
        row, image_of_change = times(right, left, kept, move), times(left, right, kept, change)
        column = divide(move - image_of_change, dot(row, change))
        left, right, kept = left.at[kept].set(column), right.at[kept].set(row), kept + 1
        own, against = (1.0, norm(image)) if relative else (norm(x), None)
        return (
            kept,
            x,
            new,
            # H times the new residual: before the update it is known from the old residual's and the change's.
            wanted - image_of_change + dot(row, new) * column,
            left,
            right,
            progress.update(norm(new), stop, own, against),
        )

    residual = image - x
    zeros = jnp.zeros((pairs, *x.shape), x.dtype)
    start = (jnp.asarray(0), x, residual, residual, zeros, zeros, progress)  # H is I, and H residual the residual
    kept, x, _, _, left, right, progress = lax.while_loop(lambda state: state[-1].goes_on(stop), step, start)
    # After a new start the pairs of the old one are still there.
    used = (jnp.arange(pairs) < kept)[:, None, None]
    return x, Factors(jnp.where(used, left, 0), right), progress
