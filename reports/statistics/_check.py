"""Refusals: one clear line that names what was given and what is allowed."""

import math
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np


def check_times(name: str, values: Any) -> np.ndarray:
    """Return `values` as a 1-D float array of positive finite numbers, or raise ValueError."""
    try:
        array = np.asarray(values, dtype=float)
    except (TypeError, ValueError):
        raise ValueError(f"{name} must be a list of numbers, got {type(values).__name__}") from None
    if array.ndim != 1:
        raise ValueError(f"{name} must have one dimension, got {array.ndim}")
    if array.size == 0:
        raise ValueError(f"{name} must hold at least one number, got none")
    bad = array[~(np.isfinite(array) & (array > 0))]
    if bad.size:
        raise ValueError(f"{name} must be positive and finite, got {bad[0]:g}")
    return array


def check_groups(name: str, values: Any) -> list[np.ndarray]:
    """Return samples as one array per process; a flat list of numbers is one process."""
    if not isinstance(values, Iterable):
        raise ValueError(f"{name} must be samples or one list of samples per process, got {values!r}")
    entries = list(values)
    if entries and np.ndim(entries[0]) > 0:
        return [check_times(f"{name}, process {j}", entry) for j, entry in enumerate(entries)]
    return [check_times(name, entries)]


def check_sizes(name: str, values: Any, entries: Sequence[Any]) -> np.ndarray:
    """Return `values` as positive, strictly increasing sizes, one for each of `entries`."""
    sizes = check_times(name, values)
    if len(entries) != sizes.size:
        raise ValueError(f"{name} must be one for each entry, got {sizes.size} sizes and {len(entries)} entries")
    if np.any(np.diff(sizes) <= 0):
        raise ValueError(f"{name} must be strictly increasing, got {sizes.tolist()}")
    return sizes


def check_number(name: str, value: Any, low: float, high: float = math.inf) -> float:
    """Return `value` as a finite float in [low, high], or raise ValueError."""
    try:
        number = float(value)
    except (TypeError, ValueError):
        raise ValueError(f"{name} must be a number, got {value!r}") from None
    if not (math.isfinite(number) and low <= number <= high):
        raise ValueError(f"{name} must be finite and in [{low:g}, {high:g}], got {number:g}")
    return number


def check_confidence(value: Any) -> float:
    """Return a confidence strictly between 0 and 1, or raise ValueError."""
    number = check_number("confidence", value, 0.0, 1.0)
    if number in (0.0, 1.0):
        raise ValueError(f"confidence must lie strictly between 0 and 1, got {number:g}")
    return number
