"""The parameter-vjp alone: the floor of every backward pass."""

from __future__ import annotations

from typing import Any

from torch import Tensor


def parameter_vjp(operator: Any, v: Tensor) -> dict[str, Tensor]:
    """``(dT/dtheta)^T v``.

    v (B, D). Returns the gradients named as the parameters. Cost: one parameter-vjp, ``2 B D^2`` FLOPs. Raises
    ``RuntimeError`` (torch) where shapes do not fit. Source: the last factor of Wu Fung et al. 2022, eq. 14.
    """
    return operator.pull(v)
