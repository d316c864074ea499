"""Machine states: which sessions were measured on what is, for their times, one machine."""

from typing import Any

import numpy as np

from ._check import check_number

# Sessions whose machines differ by more than this factor in speed share no curve.
APART = 1.2
# A reading of one session is noisy: a canary that finds its caches cold takes 1.7 times as long on the same machine.
# A state lasts; of five sessions that follow each other, one or two disturbed readings do not move the median.
NEAR = 5


def find_levels(readings: Any) -> np.ndarray:
    """Log speed (sessions,) of each session from its log readings (sessions, instruments), sessions in time order.

    Each instrument is read as the median over the five sessions nearest in order, relative to its median over all;
    the level is the median over the instruments: what moves one instrument alone is that instrument's. A reading that
    was not taken is NaN; a session without any near it has the level NaN.

    Raises ValueError unless `readings` has two dimensions.
    """
    table = np.asarray(readings, dtype=float)
    if table.ndim != 2:
        raise ValueError(f"readings must have two dimensions (sessions, instruments), got {table.ndim}")
    count = len(table)
    first = np.clip(np.arange(count) - NEAR // 2, 0, max(count - NEAR, 0))
    smooth = np.array([_median(table[j : j + NEAR], 0) for j in first]).reshape(table.shape)
    return _median(smooth - _median(smooth, 0), 1) if count else np.empty(0)


def group_levels(levels: Any, apart: float = APART) -> np.ndarray:
    """State (sessions,) of each level: 0 is the state with the most sessions, -1 a level of NaN.

    The window of width log `apart` that holds the most levels is a state, then that of the rest, and so on, the
    lowest first among equals: within a state no two differ by more than the factor. Deterministic.

    Raises ValueError for a factor below 1.
    """
    values = np.asarray(levels, dtype=float)
    width = np.log(check_number("apart", apart, 1.0)) + 1e-12
    states = np.full(values.shape, -1)
    left = np.isfinite(values)
    state = 0
    while left.any():
        starts = np.unique(values[left])
        inside = left & (values >= starts[:, None]) & (values <= starts[:, None] + width)
        chosen = inside[inside.sum(axis=1).argmax()]
        states[chosen] = state
        left &= ~chosen
        state += 1
    return states


def _median(values: np.ndarray, axis: int) -> np.ndarray:
    """Median over what is known along an axis, NaN where nothing is."""
    known = np.ma.masked_invalid(values)
    return np.ma.filled(np.ma.median(known, axis=axis), np.nan)
