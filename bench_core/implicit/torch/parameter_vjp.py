"""The parameter-vjp alone: the floor of every backward pass."""

from __future__ import annotations

from torch import Tensor

from bench_core.implicit.operator import Operator


def parameter_vjp(operator: Operator[Tensor], v: Tensor) -> dict[str, Tensor]:
    """``(dT/dtheta)^T v``.

    v (B, D). Returns the gradients named as the parameters. Cost: one parameter-vjp, ``2 B D^2`` FLOPs. Raises
    ``RuntimeError`` (torch) where shapes do not fit. Source: the last factor of Wu Fung et al. 2022, eq. 14.
    """
    return operator.pull(v)
