"""Jacobian-free backpropagation as a training script gets it: through the layer and ``jax.vjp``."""

from __future__ import annotations

import jax
from jax import Array

from bench_core.implicit.operator import Operator


def jfb_layer(operator: Operator[Array], v: Array) -> dict[str, Array]:
    """The same numbers as ``jfb``, by reverse mode through one application of T at the fixed point: what
    :func:`bench_core.implicit.jax.layer.fixed_point` does after its forward solve, and the backward pass of it.

    v (B, D) the loss gradient by the fixed point. Returns the gradients named as the parameters. Cost: one evaluation,
    one parameter-vjp. Raises ``TypeError`` (JAX) where shapes do not fit. Source: Wu Fung et al. 2022, eq. 16 and
    algorithm 1.
    """

    def apply(parameters: dict[str, Array]) -> Array:
        return operator.of(operator.arrays | parameters).evaluate(operator.arrays["u"])

    return jax.vjp(apply, operator.parameters())[1](v)[0]
