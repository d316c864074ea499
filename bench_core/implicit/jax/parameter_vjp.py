"""The parameter-vjp alone: the floor of every backward pass."""

from __future__ import annotations

from jax import Array

from bench_core.implicit.operator import Operator


def parameter_vjp(operator: Operator[Array], v: Array) -> dict[str, Array]:
    """``(dT/dtheta)^T v``.

    v (B, D). Returns the gradients named as the parameters. Cost: one parameter-vjp, ``2 B D^2`` FLOPs. Raises
    ``TypeError`` (JAX) where shapes do not fit. Source: the last factor of Wu Fung et al. 2022, eq. 14.
    """
    return operator.pull(v)
