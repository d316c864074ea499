"""The Jacobian formed and factorised."""

from __future__ import annotations

import jax.numpy as jnp
from jax import Array, lax

from bench_core.implicit.jax._batch import Solution
from bench_core.implicit.operator import Operator


def dense(operator: Operator[Array], v: Array) -> Solution:
    """``w = J^-T v``, each sample's J from D vjps, by LU.

    v (B, D). Sample by sample: one Jacobian is held. Cost: D vjps a sample and (2/3) B D^3 FLOPs. Raises nothing: a
    singular J gives numbers that are not finite. Source: Wu Fung et al. 2022, eq. 14.
    """
    eye = jnp.eye(v.shape[1], dtype=v.dtype)

    def one(given: tuple[Array, Array]) -> Array:
        i, right = given
        # Row j of vjp(I) is (dT/du)^T e_j: the rows together are dT/du.
        return jnp.linalg.solve((eye - operator.sample(i).vjp(eye)).T, right)

    return Solution(lax.map(one, (jnp.arange(len(v)), v)))
