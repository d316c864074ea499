"""Verdicts on all rows of a comparison at once, as pairs of processes come in.

A row's sample is one log ratio (head over base) a pair. At a look, with n pairs, three one-sided Student t tests ask
whether the mean lies above the floor (slower), above that and ``log(1 + threshold)`` (slower beyond the threshold), or
below minus the floor (faster). The floor is what the ratio differs from itself.

Each question is asked of the mean and of the mean without the outer quarters of the pairs: a process that was
disturbed from beginning to end spoils the first; where there was none, few pairs suffice it. There are at most
``LOOKS`` looks: a row's p-value is ``TESTS`` = 2 ``LOOKS`` times its smallest one so far (Bonferroni over looks and
means), valid whenever the comparison stops and whichever rows it goes on with; a look that a row does not take part in
counts as p = 1. Holm's procedure over all rows holds each of the three questions at 2.5 % family-wise, so that equal
code raises any alarm, slower or faster, in at most 5 % of the comparisons.

Source: Holm 1979, Scand. J. Statist. 6, 65-70; Jennison & Turnbull 2000, Group Sequential Methods, ch. 2.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from scipy import stats

ALPHA = 0.025  # of every question, over all rows and looks
SCHEDULE = (6, 8, 11, 15, 20, 28, 40)  # pairs after which a look is taken
LOOKS = len(SCHEDULE) + 1  # the last is for when the time is over
TRIMMED = 0.25  # share of the pairs that the trimmed mean leaves out at either end
TESTS = 2 * LOOKS  # of one question on one row: both means at every look
LEAST_PAIRS = SCHEDULE[0]
QUESTIONS = ("slower", "beyond", "faster")


@dataclass
class RowState:
    """What is known of a row: its samples, its smallest p-values times ``TESTS``, its centre and interval at its last
    look.
    """

    log_ratios: list[float] = field(default_factory=list)
    floor: float = 0.0
    p: dict[str, float] = field(default_factory=lambda: dict.fromkeys(QUESTIONS, 1.0))
    centre: float | None = None
    interval: tuple[float, float] | None = None
    looked_at: int = 0


@dataclass(frozen=True)
class Verdict:
    """word     slower, faster, same (no slower than the threshold) or open
    beyond   slower by more than the threshold
    settled  more pairs are not needed
    """

    word: str
    beyond: bool
    settled: bool


def look(states: Mapping[str, RowState], threshold: float) -> None:
    """Test the rows that have new pairs, and give each its interval.

    The interval is simultaneous: two-sided 95 % over all rows, looks and means
    (Bonferroni), about the mean that has the narrower one.

    Raises
    ------
    ValueError
        where the threshold is not positive
    """
    if not threshold > 0:
        raise ValueError(f"threshold {threshold!r} is not positive; allowed: a share, e.g. 0.05")
    for state in states.values():
        n = len(state.log_ratios)
        if n < LEAST_PAIRS or n == state.looked_at:
            continue
        state.looked_at = n
        intervals = []
        for centre, error, freedom in estimates(state.log_ratios):
            levels = {
                "slower": (centre - state.floor) / error,
                "beyond": (centre - max(state.floor, math.log1p(threshold))) / error,
                "faster": (-centre - state.floor) / error,
            }
            for question, statistic in levels.items():
                state.p[question] = min(state.p[question], TESTS * float(stats.t.sf(statistic, freedom)))
            half = error * float(stats.t.isf(ALPHA / (TESTS * len(states)), freedom))
            intervals.append((half, centre))
        half, state.centre = min(intervals)
        state.interval = (state.centre - half, state.centre + half)


def judge(states: Mapping[str, RowState], threshold: float) -> dict[str, Verdict]:
    """The verdict of every row."""
    rejected = {question: holm({row: s.p[question] for row, s in states.items()}, ALPHA) for question in QUESTIONS}
    limit, verdicts = math.log1p(threshold), {}
    for row, state in states.items():
        below = state.interval is not None and state.interval[1] < limit
        slower, beyond, faster = (row in rejected[question] for question in QUESTIONS)
        word = "slower" if slower or beyond else "faster" if faster else "same" if below else "open"
        verdicts[row] = Verdict(word, beyond, beyond or below or faster)
    return verdicts


def holm(p: Mapping[str, float], alpha: float) -> set[str]:
    """The hypotheses that Holm's step-down procedure rejects: the k-th smallest p-value while it is at most
    ``alpha / (m - k + 1)``.
    """
    rejected: set[str] = set()
    for place, name in enumerate(sorted(p, key=lambda name: p[name])):
        if p[name] > alpha / (len(p) - place):
            break
        rejected.add(name)
    return rejected


def floor(twins: Sequence[float]) -> float:
    """How far the ratio differs from itself: the mean over pairs, without their outer quarters and without sign, of the
    log ratio by the sides' twins less that by all samples. Both sides' twins stand in the same places of the blocks,
    equally often, and so do their first samples: a place's effect, which the ratio does not have, is none of it.
    """
    return abs(float(stats.trim_mean(twins, TRIMMED)))


def smallest_seen(state: RowState, rows: int) -> float | None:
    """The smallest slowdown that this many pairs, scattered as these are, tell in four of five comparisons; None
    before the first look. Formula: ``exp(floor + error (t_{1-a} + t_{0.8})) - 1``, a = ALPHA / (TESTS rows).
    """
    n = len(state.log_ratios)
    if n < LEAST_PAIRS:
        return None
    needed = [
        error * float(stats.t.isf(ALPHA / (TESTS * rows), freedom) + stats.t.isf(0.2, freedom))
        for _, error, freedom in estimates(state.log_ratios)
    ]
    return math.expm1(state.floor + min(needed))


def estimates(values: Sequence[float]) -> list[tuple[float, float, int]]:
    """Centre, standard error and degrees of freedom: of the mean, and of the mean without the outer quarters.

    Formula: with g = floor(n / 4) values cut at either end, h = n - 2g left and s_w the standard deviation with those g
    replaced by their neighbours, the error is ``s_w sqrt(n - 1) / sqrt(h (h - 1))``, with h - 1 degrees of freedom.
    Source: Yuen 1974, Biometrika 61, 165-170; Tukey & McLaughlin 1963, Sankhya A 25, 331-352.
    """
    ordered = np.sort(np.asarray(values, float))
    n = len(ordered)
    cut = math.floor(TRIMMED * n)
    found = []
    for g in dict.fromkeys((0, cut)):
        left = n - 2 * g
        winsorised = np.clip(ordered, ordered[g], ordered[n - 1 - g])
        error = float(np.std(winsorised, ddof=1)) * math.sqrt((n - 1) / (left * (left - 1)))
        # A clock's resolution keeps the error above zero.
        found.append((float(np.mean(ordered[g : n - g])), max(error, 1e-9), left - 1))
    return found
