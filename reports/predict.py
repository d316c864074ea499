"""The time at a size nobody measured, and which method to use there.

Each row of a series has *knots*: its measured sizes with their intervals, both ends of every gap between them, and a
few sizes beyond the first and the last from the fitted floor + power curve. How far a prediction may miss is known from
leaving out measured sizes of all rows of the family at the place; where that cannot be told there is no interval.
Between knots everything is linear in log-log; the page's form does the same arithmetic on the same knots.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Any

import numpy as np

from .analysis import ACCURACY, Analysis
from .misses import REACH, reach_process
from .points import NOT_GRADIENTS, Point, Series
from .statistics import Estimate, widest

# Sizes at which the fitted curve is followed, in units of the end: the first is the end itself.
_BESIDE = 1e-6
_BEYOND = (1 + _BESIDE, 1.5, 2.0, 3.0, REACH)
# Predictions whose ratio is within this are not told apart: that needs a paired measurement.
CLOSE = 0.05
# An interval that reaches further than this factor to a side is no knowledge: the time is told without one.
NOT_KNOWN = 4.0


@dataclass(frozen=True)
class Knot:
    """Seconds at a size and how they are known: measured, interpolated or extrapolated."""

    size: float
    seconds: Estimate
    how: str


@dataclass(frozen=True)
class Prediction:
    """Seconds of one row at a size, or the reason why there are none."""

    row: str
    computes: str
    exact: bool
    seconds: Estimate | None
    how: str
    error: float
    reason: str = ""


@dataclass(frozen=True)
class Answer:
    """The recommended row at a size, and all others in order.

    `error` is what an answer may have, None where only exact ones were asked for. `settled`: measured by a paired
    verdict, or predicted times whose intervals do not overlap. `ties` could as well be it.
    """

    size: float
    best: Prediction | None
    ties: tuple[str, ...]
    settled: bool
    ranked: tuple[Prediction, ...]
    excluded: tuple[Prediction, ...]
    error: float | None


class Predictor:
    """Predictions for one series."""

    def __init__(self, analysis: Analysis, series: Series) -> None:
        self.analysis, self.series = analysis, series

    @cached_property
    def rows(self) -> tuple[str, ...]:
        """Rows of role method."""
        facts = ((row, self.analysis.facts(self.series, row)) for row in self.analysis.rows(self.series))
        return tuple(row for row, fact in facts if fact.role == "method")

    def knots(self, row: str) -> list[Knot]:
        """The row's knots by size; empty if it never ran."""
        return self.analysis._keep(("knots", self.series, row), lambda: self._find_knots(row))

    def _find_knots(self, row: str) -> list[Knot]:
        points = [p for p in self.analysis.points(self.series, row) if p.ok]
        knots = [Knot(p.size, p.seconds, "measured") for p in points]
        between = self.analysis.calibration(self.series, "between")
        for below, above in pairwise(points):
            arm = between.reach(math.log(above.size / below.size)) if between else math.nan
            arm = widest(max(reach_process(below), reach_process(above)), arm)
            rise = math.log(above.seconds.value / below.seconds.value) / math.log(above.size / below.size)
            # The same width all over the gap: what was left out says nothing of places nearer to one end.
            for size in (below.size * (1 + _BESIDE), above.size * (1 - _BESIDE)):
                value = below.seconds.value * (size / below.size) ** rise
                knots.append(Knot(size, _spread(value, arm), "interpolated"))
        fit = self.analysis.exponent(self.series, row)
        if fit is not None and fit.grows:
            for where, end, sign in (("below", points[0], -1), ("above", points[-1], 1)):
                beyond = self.analysis.calibration(self.series, where)
                for factor in _BEYOND:
                    # Anchored at the last measured size: the curve gives the growth, the measurement the level.
                    size = end.size * factor**sign
                    value = end.seconds.value * fit.predict(size) / fit.predict(end.size)
                    arm = beyond.reach(math.log(factor)) if beyond else math.nan
                    knots.append(Knot(size, _spread(value, widest(reach_process(end), arm)), "extrapolated"))
        return sorted(knots, key=lambda knot: knot.size)

    def held_out(self, row: str) -> np.ndarray:
        """Log errors of interpolating each inner measured size from its two neighbours."""
        points = [p for p in self.analysis.points(self.series, row) if p.ok]
        sizes, values = np.log([p.size for p in points]), np.log([p.seconds.value for p in points])
        guesses = [
            np.interp(sizes[j], sizes[[j - 1, j + 1]], values[[j - 1, j + 1]]) for j in range(1, len(points) - 1)
        ]
        return np.asarray(guesses) - values[1:-1] if guesses else np.empty(0)

    def predict(self, row: str, size: float) -> Prediction:
        """Seconds of a row at a size."""
        fact = self.analysis.facts(self.series, row)
        error = self._error(row, size)
        refusal = self.refuse(row, size)
        knots = self.knots(row)
        if refusal or not knots:
            return Prediction(row, fact.computes, fact.exact, None, "", error, refusal or "never ran")
        if not knots[0].size * (1 - 1e-9) <= size <= knots[-1].size * (1 + 1e-9):
            ends = [knot.size for knot in knots if knot.how == "measured"]
            far = f"measured from {ends[0]:,.0f} to {ends[-1]:,.0f}: too far to extrapolate"
            return Prediction(row, fact.computes, fact.exact, None, "", error, far)
        logs = np.log([knot.size for knot in knots])
        # At a knot its own numbers: beside one without an interval, interpolation would have none either.
        at = next((knot for knot in knots if knot.size == size), None)
        value, low, high = (
            getattr(at.seconds, name)
            if at
            else math.exp(np.interp(math.log(size), logs, np.log([getattr(knot.seconds, name) for knot in knots])))
            for name in ("value", "low", "high")
        )
        seconds = Estimate(value, math.nan, math.nan)
        if not math.isnan(low):
            seconds = Estimate(value, min(low, value), max(high, value))
        how = self.say_how(row, size)
        if seconds.undetermined and how != "measured":
            how += "; how far off is not known"
        return Prediction(row, fact.computes, fact.exact, seconds, how, error)

    def say_how(self, row: str, size: float) -> str:
        """measured, interpolated between two sizes, or extrapolated from the nearest."""
        sizes = [knot.size for knot in self.knots(row) if knot.how == "measured"]
        axis = self.series.axis
        if size in sizes:
            return "measured"
        if size > sizes[-1] or size < sizes[0]:
            end, word = (sizes[-1], "largest") if size > sizes[-1] else (sizes[0], "smallest")
            return f"extrapolated from {axis} = {end:,.0f}, the {word} measured"
        above = next(s for s in sizes if s > size)
        below = max(s for s in sizes if s < size)
        return f"interpolated between {axis} = {below:,.0f} and {above:,.0f}"

    def refuse(self, row: str, size: float) -> str:
        """Why a row cannot run at a size, "" if it can for all we know."""
        analysis, series = self.analysis, self.series
        at = analysis.point(series, size, row)
        if at is not None:
            return "" if at.ok else f"{at.outcome} at {series.axis} = {size:,.0f}: {at.reason}".rstrip(": ")
        failure = analysis.first_failure(series, row)
        largest = analysis.frontier(series, row).largest_ok
        if failure is not None and size >= failure.size and (largest is None or largest < failure.size):
            return f"{failure.outcome} at {series.axis} = {failure.size:,.0f}: {failure.reason}".rstrip(": ")
        limit, law = analysis.memory_bytes(series.place), analysis.memory_law(series, row)
        if limit and law and law.predict(size) > limit:
            return (
                f"predicted memory of {law.predict(size) / 1e9:.3g} GB is more than the machine's {limit / 1e9:.3g} GB"
            )
        return ""

    def _error(self, row: str, size: float) -> float:
        """The larger of the errors at the measured sizes around this one."""
        points = [p for p in self.analysis.points(self.series, row) if not math.isnan(p.error)]
        below = [p for p in points if p.size <= size][-1:]
        above = [p for p in points if p.size >= size][:1]
        return max((p.error for p in below + above), default=math.nan)

    def answer(self, size: float, error: float | None = None, computes: str = "gradient") -> Answer:
        """The recommended row at a size.

        `error` None asks for an exact method (within ACCURACY where none is exact), a number for any whose measured
        error is at most that. `computes` is `gradient` (any kind) or one of the kinds a row may give.
        """
        rows = [row for row in self.rows if _answers(self.analysis.facts(self.series, row), computes)]
        predictions = [self.predict(row, size) for row in rows]
        if error is None and not any(p.exact for p in predictions):
            error = ACCURACY
        allowed = [p for p in predictions if (p.exact if error is None else p.error <= error)]
        ranked = sorted((p for p in allowed if p.seconds), key=lambda p: (p.seconds.value if p.seconds else 0, p.row))
        excluded = tuple(p for p in predictions if p not in ranked)
        if not ranked:
            return Answer(size, None, (), False, (), excluded, error)
        best = ranked[0]
        if size in self.analysis.sizes(self.series) and best.how == "measured":
            winner = self.analysis.winner(self.series, size, [p.row for p in ranked])
            return Answer(size, best, winner.rows[1:], winner.state != "undetermined", tuple(ranked), excluded, error)
        ties = tuple(p.row for p in ranked[1:] if _overlap(best.seconds, p.seconds))
        return Answer(size, best, ties, not ties, tuple(ranked), excluded, error)


def find_predictor(analysis: Analysis, series: tuple[Series, ...], wanted: Mapping[str, Any]) -> Predictor:
    """The series whose fixed sizes are the nearest to those asked for, and of several the one with most sizes.

    Words first, then numbers by their ratio, the batch last: it changes a time, but seldom which problem it is.
    """

    def distance(candidate: Series) -> tuple[float, ...]:
        pairs = [(letter, candidate.size(letter), value) for letter, value in wanted.items()]
        words = sum(known != value for _, known, value in pairs if isinstance(known, str))
        numbers = {letter: abs(math.log(known / value)) for letter, known, value in pairs if _are_numbers(known, value)}
        batch = numbers.pop("B", 0.0)
        return words, sum(numbers.values()), batch, -len(analysis.sizes(candidate))

    return Predictor(analysis, min(series, key=distance))


def _spread(value: float, arm: float) -> Estimate:
    """Seconds within a factor exp(arm) to both sides; without an interval where that is no knowledge."""
    if math.isnan(arm) or arm > math.log(NOT_KNOWN):
        return Estimate(value, math.nan, math.nan)
    return Estimate(value, value * math.exp(-arm), value * math.exp(arm))


def _are_numbers(*values: Any) -> bool:
    return all(isinstance(value, int | float) for value in values)


def _answers(fact: Point, computes: str) -> bool:
    return fact.computes not in NOT_GRADIENTS if computes == "gradient" else fact.computes == computes


def _overlap(a: Estimate | None, b: Estimate | None) -> bool:
    if a is None or b is None:
        return False
    # Without intervals nothing tells the two apart.
    return a.undetermined or b.undetermined or b.low < a.high * (1 + CLOSE)
