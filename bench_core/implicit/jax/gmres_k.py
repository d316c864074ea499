"""GMRES cut after k products."""

from __future__ import annotations

import jax.numpy as jnp
from jax import Array

from bench_core.implicit.jax._batch import Solution, divide, dot, norm
from bench_core.implicit.operator import Adjoint
from bench_core.implicit.settings import BLOCK, ROUNDING
from bench_core.method import check_whole

WIDE = min(BLOCK.values())  # vectors of a block, on any device


def gmres_k(operator: Adjoint[Array], v: Array, *, k: int) -> Solution:
    """``w = x + r``: x minimises ``|v - J^T x|`` over the Krylov space of k products, r is the residual that it leaves.

    Adding r is one step of ``w = v + A^T w``, ``A = dT/du``, that costs no product: k of them have k + 1 terms, as they
    have in the Neumann series, and none is JFB. From the residuals as a basis, of whose images ``J^T r_j`` only the
    orthonormal q are kept: x is ``sum_j y_j r_j`` with a triangular system for y, and every r is v less a sum of q's.
    The iterates are GMRES's where the symmetric part of J is definite, as a contraction's is.

    v (B, D), k from 0. The residual is at most gamma times the least of k products. Cost: k vjps, 2 j B D multiply-adds
    in the j-th and 2 B D after each. Raises ``ValueError`` for another k, ``TypeError`` (JAX) where shapes do not
    fit. Source: Saad and Schultz 1986; Jiranek, Rozloznik and Gutknecht 2008, section 3 (of residuals).
    """
    check_whole("k", k, "number of products", 0)
    residual = v
    least = ROUNDING * float(jnp.finfo(v.dtype).eps) * norm(v)
    blocks: list[Array] = []  # (n, B, D): the q, orthonormal; each is read by one product of all samples
    columns: list[Array] = []  # (B, j + 1): J^T r_j in units of the q
    steps: list[Array] = []  # (B, 1): r_j less r_(j + 1), in units of q_j
    for _ in range(k):
        q = residual - operator.vjp(residual)
        parts = []
        for block in blocks:
            parts.append(jnp.einsum("nbd,bd->bn", block, q, precision="highest"))
            q = q - jnp.einsum("bn,nbd->bd", parts[-1], block, precision="highest")
        size = norm(q)
        size = jnp.where(size > least, size, 0)  # what is less is v's rounding, and its direction none
        q = divide(q, size)
        columns.append(jnp.concatenate([*parts, size], 1))
        steps.append(dot(q, residual))
        residual = residual - steps[-1] * q
        if blocks and len(blocks[-1]) < WIDE:
            blocks[-1] = jnp.concatenate([blocks[-1], q[None]])
        else:
            blocks.append(q[None])
    return Solution(_combine(v, residual, blocks, columns, steps) if k else v)


def _combine(v: Array, residual: Array, blocks: list[Array], columns: list[Array], steps: list[Array]) -> Array:
    """``residual + sum_j y_j r_j`` where ``sum_j y_j J^T r_j = sum_j steps_j q_j``, by back substitution."""
    rest, left = jnp.concatenate(steps, 1), jnp.zeros_like(steps[0])
    parts: list[Array] = []
    for j in reversed(range(len(steps))):
        parts.insert(0, left * steps[j])  # q_j is in all later residuals
        y = divide(rest[:, j : j + 1], columns[j][:, j:])
        rest = rest[:, :j] - columns[j][:, :j] * y
        left = left + y
    w, first = residual + left * v, 0
    for block in blocks:
        part = jnp.concatenate(parts[first : first + len(block)], 1)
        w, first = w - jnp.einsum("bn,nbd->bd", part, block, precision="highest"), first + len(block)
    return w
