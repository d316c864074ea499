"""Constants and rules of the family that its problem, kernels and oracle share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

ALPHA = 0.1  # slope of the activation where none is given
SPREAD = 0.3  # norm of the perturbation is about 2 * SPREAD < 1 but for the smallest D: singular with probability zero
RATE = 0.1  # mu of the step that is checked: large enough that float32 sees the update
STEADY_RATE = 1e-7  # mu of the steps that are timed: thousands of them leave the parameters where they are


def check_slope(alpha: Any) -> float:
    """Return ``alpha`` as a float; raise ``ValueError`` in one line where it is no slope of the activation."""
    if not 0 < alpha <= 1:
        raise ValueError(f"alpha = {alpha!r} is not a slope; allowed: 0 < alpha <= 1")
    return float(alpha)


def check_layers(x: Any, weights: Sequence[Any], biases: Sequence[Any]) -> None:
    """Raise ``ValueError`` in one line where arrays are not x (B, D), L x (D, D) and L x (D,) of one dtype."""
    if x.ndim != 2 or 0 in x.shape:
        raise ValueError(f"x has shape {tuple(x.shape)}; allowed: (B, D) with B and D from 1")
    if len(weights) != len(biases) or not len(weights):
        raise ValueError(f"{len(weights)} weights and {len(biases)} biases given; allowed: as many of each, from 1")
    D = x.shape[1]
    for letter, arrays, shape in (("W", weights, (D, D)), ("b", biases, (D,))):
        for k, array in enumerate(arrays):
            if tuple(array.shape) != shape:
                raise ValueError(f"{letter}{k} has shape {tuple(array.shape)} with x (B, {D}); allowed: {shape}")
            if array.dtype != x.dtype:
                raise ValueError(f"{letter}{k} is {array.dtype} with x of {x.dtype}; allowed: one dtype for all")
