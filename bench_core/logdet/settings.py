"""Constants and rules of the family that its problem, kernels and oracle share."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np

ALPHA = 0.1  # slope of the activation where none is given
RATE = 0.1  # mu of the step that is checked: large enough that float32 sees the update
STEADY_RATE = 1e-7  # mu of the steps that are timed: thousands of them leave the parameters where they are
PROBED = "logabsdets"  # what each probe of an estimated log|det W| says, (L, n)
# What rivals compute that learn an inverse beside W: the gradient by W and b, and by the inverse.
LEARNED = ("self_normalizing", "free_form")
ORDINARY = ("ordinary", "ordinary_with_value")
INVERTED = (*ORDINARY, "tracked")  # answers that hold W^-T
# mu of the checked step whose inverse is carried: with RATE it leads near a singular W wherever 1 + 1 / mu is close to
# an eigenvalue of the batch's Y Y^T / B, as at B = 100 and D of some hundreds.
TRACKED_RATE = 0.01

# Numbers of the samples' Jacobians that a kernel holds at once: on the CPU what the caches hold, on a GPU what keeps it
# busy (an H200, two layers, B = 100, torch: at D = 300 20, 7.3, 8.0, 8.6 ms with 2^22, 2^26, 2^27, 2^28; at
# D = 1,000 420, 86, 69, 66 ms).
CHUNK = {"cpu": 1 << 20, "cuda": 1 << 27}

# Triangular factors are multiplied in blocks of rows, of at least so many and at most MOST_BLOCKS of them: a dense
# product of the whole takes twice the operations, one of few rows runs slower than they save. ``lu_layer`` on two
# cores, one layer, B = 100, torch: at D = 1,000 4.1 ms in four blocks, 4.4 in seven, 5.5 with dense factors; at D =
# 3,000 32 ms in eight, 51 with dense factors. JAX: 2.4 ms in four, 3.4 in eight; 23 ms in eight, 26 in two. On a GPU
# launches are dearer (an H200, two layers, torch): at D = 1,000 0.76 ms in one block, 3.1 in four; at 4,000 1.6 in two,
# 5.6 in eight; at 8,192 4.2 in four, 5.6 in eight.
LEAST_ROWS, MOST_BLOCKS = {"cpu": 250, "cuda": 2000, "several": math.inf}, 8  # several: cut over devices


def rate(computes: str) -> float:
    """mu of the step that is checked, of the methods that take one."""
    return TRACKED_RATE if computes == "tracked" else RATE


def chunk(device: str) -> int:
    """Numbers of the samples' Jacobians that a kernel holds at once on this device."""
    return CHUNK[device]


def blocks(D: int, device: str = "cpu") -> list[tuple[int, int]]:
    """First and last row (exclusive) of the blocks of a triangular factor on this device; the cost formula counts the
    CPU's.
    """
    number = max(1, min(MOST_BLOCKS, int(D // LEAST_ROWS[device])))
    edges = [round(D * i / number) for i in range(number + 1)]
    return list(pairwise(edges))


def check_slope(alpha: Any) -> float:
    """Return ``alpha`` as a float; raise ``ValueError`` in one line where it is no slope of the activation."""
    try:
        slope = math.nan if isinstance(alpha, (bool, str)) else float(alpha)
    except (TypeError, ValueError):  # no number, or several
        slope = math.nan
    if not 0 < slope <= 1:
        raise ValueError(f"alpha = {alpha!r} is not a slope; allowed: 0 < alpha <= 1")
    return slope


def count_layers(weights: Sequence[Any] | np.ndarray, biases: Sequence[Any] | np.ndarray) -> int:
    """Return how many layers these are; raise ``ValueError`` in one line where there are not as many of each."""
    number, others = _count("weights", weights), _count("biases", biases)
    if number != others or not number:
        raise ValueError(f"{number} weights and {others} biases given; allowed: as many of each, from 1")
    return number


def _count(name: str, given: Any) -> int:
    try:
        return len(given)
    except TypeError as error:  # an array without axes has the method and no answer
        kind = type(given).__name__
        raise ValueError(f"{name} has no length ({kind}); allowed: an array a layer, listed or stacked") from error


def check_layers(x: Any, weights: Sequence[Any], biases: Sequence[Any]) -> None:
    """Raise ``ValueError`` in one line where arrays are not x (B, D), L x (D, D) and L x (D,) of one dtype."""
    if x.ndim != 2 or 0 in x.shape:
        raise ValueError(f"x has shape {tuple(x.shape)}; allowed: (B, D) with B and D from 1")
    count_layers(weights, biases)
    D = x.shape[1]
    for letter, arrays, shape in (("W", weights, (D, D)), ("b", biases, (D,))):
        for k, array in enumerate(arrays):
            if tuple(array.shape) != shape:
                raise ValueError(f"{letter}{k} has shape {tuple(array.shape)} with x (B, {D}); allowed: {shape}")
            if array.dtype != x.dtype:
                raise ValueError(f"{letter}{k} is {array.dtype} with x of {x.dtype}; allowed: one dtype for all")
