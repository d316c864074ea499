"""Machine states: which sessions were measured on what is, for their times, one machine."""

from typing import Any

import numpy as np

# Sessions whose machine is further than this factor from its usual speed share no curve with the others.
APART = 1.2
# A reading of one session is noisy: a canary that finds its caches cold takes 1.7 times as long on the same machine.
# A state lasts; of five sessions that follow each other, one or two disturbed readings do not move the median.
NEAR = 5
# No instrument is steadier than this, in log units: two equal readings are no proof that one is.
STEADY = 0.01


def find_levels(readings: Any) -> np.ndarray:
    """Log speed (sessions,) of each session from its log readings (sessions, instruments), sessions in time order.

    Each instrument is read as the median over the five sessions nearest in order, relative to its median over all. The
    level is the weighted median over the instruments, each weighted by one over its mean difference from session to
    session: of instruments that are as steady, what moves one alone is that instrument's; one that is steadier than all
    others together decides, and one that jumps counts for little.
    A state lasts: sessions that follow each other share the median of their levels until one differs from it by more
    than `APART`. A reading that was not taken is NaN; a session without any near it has the level NaN.

    Raises ValueError unless `readings` has two dimensions.
    """
    table = np.asarray(readings, dtype=float)
    if table.ndim != 2:
        raise ValueError(f"readings must have two dimensions (sessions, instruments), got {table.ndim}")
    count = len(table)
    if not count:
        return np.empty(0)
    first = np.clip(np.arange(count) - NEAR // 2, 0, max(count - NEAR, 0))
    smooth = np.array([_median(table[j : j + NEAR], 0) for j in first]).reshape(table.shape)
    jumps = np.ma.masked_invalid(np.abs(np.diff(table, axis=0))).mean(axis=0)
    jumps = np.ma.filled(jumps, np.ma.median(jumps) if np.ma.count(jumps) else STEADY)
    return _hold(_weighted_median(smooth - _median(smooth, 0), 1 / np.maximum(jumps, STEADY)))


def group_levels(levels: Any) -> np.ndarray:
    """State (sessions,) of each level: 0 is the state with the most sessions, -1 a level of NaN.

    The window of width log APART that holds the most levels is a state, then that of the rest, and so on, the
    lowest first among equals: within a state no two differ by more than the factor. Deterministic.
    """
    values = np.asarray(levels, dtype=float)
    width = np.log(APART) + 1e-12
    states = np.full(values.shape, -1)
    left = np.isfinite(values)
    while left.any():
        starts = np.unique(values[left])
        inside = left & (values >= starts[:, None]) & (values <= starts[:, None] + width)
        chosen = inside[inside.sum(axis=1).argmax()]
        states[chosen] = states.max() + 1
        left &= ~chosen
    return states


def _hold(levels: np.ndarray) -> np.ndarray:
    """Of each level the median of its stretch of time; NaN is in none."""
    held, stretch = levels.copy(), []
    for place in np.flatnonzero(np.isfinite(levels)):
        if stretch and abs(levels[place] - np.median(levels[stretch])) > np.log(APART):
            stretch = []
        stretch.append(place)
        held[stretch] = np.median(levels[stretch])
    return held


def _median(values: np.ndarray, axis: int) -> np.ndarray:
    """Median over what is known along an axis, NaN where nothing is."""
    known = np.ma.masked_invalid(values)
    return np.ma.filled(np.ma.median(known, axis=axis), np.nan)


def _weighted_median(values: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Of each row (rows, columns) by the columns' weights, over what is known: the middle of the values that have at
    most half of the weight on either side; NaN where nothing is known.
    """
    order = np.argsort(values, axis=1)  # NaN last
    ranked = np.take_along_axis(values, order, 1)
    share = np.cumsum(np.where(np.isnan(ranked), 0, weights[order]), axis=1)
    share /= np.where(share[:, -1:] > 0, share[:, -1:], np.nan)
    low, high = (
        np.take_along_axis(ranked, np.argmax(inside, axis=1)[:, None], 1)[:, 0]
        for inside in (share >= 0.5 - 1e-9, share > 0.5 + 1e-9)
    )
    return (low + high) / 2
