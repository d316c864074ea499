"""Verdicts on all rows of a comparison at once, as pairs of processes come in.

A row's sample is one log ratio (head over base) a pair. At a look, with n pairs, three one-sided Student t tests ask
whether the mean lies above the floor (slower), above ``log(1 + threshold)`` (slower beyond the threshold), or below
minus the floor (faster). The floor is what the sides differ from themselves.

There are at most ``LOOKS`` looks: a row's p-value is ``LOOKS`` times its smallest one so far (Bonferroni over looks),
valid whenever the comparison stops and whichever rows it goes on with; a look that a row does not take part in counts
as p = 1. Holm's procedure over all rows holds each of the three questions at 2.5 % family-wise, so that equal code
raises any alarm, slower or faster, in at most 5 % of the comparisons.

Source: Holm 1979, Scand. J. Statist. 6, 65-70; Jennison & Turnbull 2000, Group Sequential Methods, ch. 2.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from scipy import stats

ALPHA = 0.025  # of every question, over all rows and looks
SCHEDULE = (6, 8, 11, 15, 20)  # pairs after which a look is taken
LOOKS = len(SCHEDULE) + 1  # the last is for when the time is over
LEAST_PAIRS = SCHEDULE[0]
QUESTIONS = ("slower", "beyond", "faster")


@dataclass
class RowState:
    """What is known of a row: its samples, its smallest p-values times ``LOOKS``, its interval at its last look."""

    log_ratios: list[float] = field(default_factory=list)
    floor: float = 0.0
    p: dict[str, float] = field(default_factory=lambda: dict.fromkeys(QUESTIONS, 1.0))
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

    The interval is simultaneous: two-sided 95 % over all rows and looks (Bonferroni).

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
        mean, error = _mean(state.log_ratios)
        levels = {
            "slower": (mean - state.floor) / error,
            "beyond": (mean - math.log1p(threshold)) / error,
            "faster": (-mean - state.floor) / error,
        }
        for question, statistic in levels.items():
            state.p[question] = min(state.p[question], LOOKS * float(stats.t.sf(statistic, n - 1)))
        half = error * float(stats.t.isf(ALPHA / (LOOKS * len(states)), n - 1))
        state.interval = (mean - half, mean + half)


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


def floor(twins: Mapping[str, Sequence[float]]) -> float:
    """How far a side differs from itself: the larger of the sides' mean log ratios to their twins, without sign."""
    return max((abs(float(np.mean(values))) for values in twins.values() if len(values)), default=0.0)


def smallest_seen(state: RowState, rows: int) -> float | None:
    """The smallest slowdown that this many pairs, scattered as these are, tell in four of five comparisons; None
    before the first look. Formula: ``exp(floor + s / sqrt(n) (t_{1-a} + t_{0.8})) - 1``, a = ALPHA / (LOOKS rows).
    """
    n = len(state.log_ratios)
    if n < LEAST_PAIRS:
        return None
    _, error = _mean(state.log_ratios)
    quantiles = stats.t.isf(ALPHA / (LOOKS * rows), n - 1) + stats.t.isf(0.2, n - 1)
    return math.expm1(state.floor + error * float(quantiles))


def _mean(values: Sequence[float]) -> tuple[float, float]:
    """Mean and standard error; a clock's resolution keeps the error above zero."""
    return float(np.mean(values)), max(float(np.std(values, ddof=1)) / math.sqrt(len(values)), 1e-9)
