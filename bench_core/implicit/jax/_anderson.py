"""Anderson acceleration of a fixed-point iteration, every sample for itself."""

from __future__ import annotations

from collections.abc import Callable

import jax.numpy as jnp
from jax import Array, lax

from bench_core.implicit.jax._batch import Progress, dot, norm
from bench_core.implicit.settings import Stop
from bench_core.method import check_whole


def accelerate(
    f: Callable[[Array], Array], x: Array, image: Array, progress: Progress, stop: Stop, relative: bool, window: int
) -> tuple[Array, Progress]:
    """x with ``f(x) = x``, from x (B, D) and its ``image`` f(x): type II, of the last ``window`` pairs, no damping.

    ``relative``: the residual counts against the size of the image, else against ``progress``'s own. One call of f an
    iteration. The window's two halves are read once an iteration each, by one product of all samples: its inner
    products with the residual are carried, as the Gram matrix is, and gain those with the residual's change.
    """
    check_whole("window", window, "number of pairs")
    eye = jnp.eye(window, dtype=x.dtype)

    def step(state):
        count, x, residual, sums, changes, gram, inner, progress = state
        # The window is not full at first: its empty places are zeros, and get weight zero.
        trace = jnp.trace(gram, axis1=1, axis2=2)
        # The window's changes become parallel at the end: a touch of ridge, relative to their size.
        ridge = jnp.finfo(x.dtype).eps * trace
        system = gram + (ridge + (ridge == 0))[:, None, None] * eye
        move = residual - jnp.einsum("bk,kbd->bd", _solve(system, inner), sums, precision="highest")
        move = progress.keep(move)
        x = x + move
        image = f(x)
        new = image - x
        change = new - residual
        place = count % window
        # The oldest makes room, in place; one column of the Gram matrix is new, the others stay. An inner product stays
        # for as many iterations as the window is long: rounding has no time to gather.
        sums, changes = sums.at[place].set(move + change), changes.at[place].set(change)
        column = jnp.einsum("kbd,bd->bk", changes, change, precision="highest")
        gram = gram.at[:, place].set(column).at[:, :, place].set(column)
        inner = (inner + column).at[:, place].set(dot(change, new)[:, 0])
        own, against = (1.0, norm(image)) if relative else (norm(x), None)
        progress = progress.update(norm(new), stop, own, against)
        return count + 1, x, new, sums, changes, gram, inner, progress

    zeros = jnp.zeros((window, *x.shape), x.dtype)
    gram = jnp.zeros((len(x), window, window), x.dtype)
    start = (jnp.asarray(0), x, image - x, zeros, zeros, gram, gram[:, 0], progress)
    _, x, *_, progress = lax.while_loop(lambda state: state[-1].goes_on(stop), step, start)
    return x, progress


def _solve(gram: Array, right: Array) -> Array:
    """``gram^-1 right`` for positive definite (B, n, n), n small: elimination written out, all samples at once."""
    n = right.shape[1]
    rows = [jnp.concatenate([gram[:, i], right[:, i : i + 1]], 1) for i in range(n)]
    for i in range(n):
        rows[i] = rows[i] / rows[i][:, i : i + 1]
        for j in range(n):
            if j != i:
                rows[j] = rows[j] - rows[j][:, i : i + 1] * rows[i]
    return jnp.concatenate([row[:, n:] for row in rows], 1)
