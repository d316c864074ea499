"""Products with the packed factors of a weight, block by block: half the operations of a dense product.

JAX has no trmm; a mask over the whole matrix would be a pass through memory and half of the product for nothing. A
barrier keeps the blocks in order: XLA begins all of them at once, and two cores are slower for it (D = 1,000 in four
blocks: 3.5 ms without, 2.4 ms with it).
"""

from __future__ import annotations

import jax.numpy as jnp
from jax import Array, lax

from bench_core.logdet.jax._network import outer
from bench_core.logdet.settings import blocks


def times(left: Array, packed: Array, upper: bool, transposed: bool, device: str) -> Array:
    """``left U``, ``left U^T``, ``left L`` or ``left L^T`` for left (B, D) and L, U packed in one matrix (D, D), in the
    blocks of this device.
    """
    cuts = blocks(len(packed), device)
    if len(cuts) == 1:
        whole = jnp.triu(packed) if upper else jnp.tril(packed, -1)
        product = left @ (whole.T if transposed else whole)
        return product if upper else product + left
    parts = []
    for start, stop in cuts:
        if parts:
            parts[-1], packed, left = lax.optimization_barrier((parts[-1], packed, left))
        here = slice(start, stop)
        there = slice(stop, None) if upper == transposed else slice(0, start)
        corner, own = packed[here, here], left[:, here]
        block = jnp.triu(corner) if upper else jnp.tril(corner, -1)
        part = own @ (block.T if transposed else block)
        part = part if upper else part + own  # the ones on the diagonal
        if left[:, there].size:
            part = part + left[:, there] @ (packed[here, there].T if transposed else packed[there, here])
        parts.append(part)
    return jnp.concatenate(parts, 1)


def differentiate(packed: Array, lower: tuple[Array, Array], upper: tuple[Array, Array], device: str) -> Array:
    """The packed gradient of ``log|det U|`` and of two outer products, ``left^T right`` below the diagonal of the pair
    ``lower``, on it and above of ``upper``; in the blocks of this device. All four are (B, D).
    """
    cuts = blocks(len(packed), device)
    if len(cuts) == 1:
        above = jnp.triu(outer(*upper)) + jnp.where(jnp.eye(len(packed), dtype=bool), 1 / packed, 0)
        return jnp.tril(outer(*lower), -1) + above
    out = jnp.zeros_like(packed)
    for start, stop in cuts:
        if start:
            out, lower, upper = lax.optimization_barrier((out, lower, upper))
        here = slice(start, stop)
        corner = jnp.tril(outer(lower[0][:, here], lower[1][:, here]), -1)
        corner = corner + jnp.triu(outer(upper[0][:, here], upper[1][:, here]))
        out = out.at[here, here].set(corner + jnp.diag(1 / jnp.diagonal(packed[here, here])))
        if start:
            out = out.at[here, :start].set(outer(lower[0][:, here], lower[1][:, :start]))
        if stop < len(packed):
            out = out.at[here, stop:].set(outer(upper[0][:, here], upper[1][:, stop:]))
    return out
