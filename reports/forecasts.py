"""Knots of a row's time, and how far predictions miss: each measured size left out and predicted from the others.

Between knots everything is a straight line in log-log, intervals too: the page and the terminal do this one arithmetic.
How wide an interval must be is read from left-out sizes of all rows of the family with the same backend, of all its
rows where those are few, between measured sizes and beyond them apart; no model of why a curve bends has a say. Where
an interval would be no knowledge there are no knots.
"""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise

import numpy as np

from .analysis import Analysis
from .arithmetic import CONFIDENCE, TOO_WIDE
from .curves import Curves
from .points import Point, Series
from .statistics import Calibration, Coverage, Miss, calibrate, cover_sizes, estimate_process, pool_coverages

KNOWN_WITHIN = math.sqrt(TOO_WIDE)
# Beyond a factor four the next regime of the machine (a cache, a memory limit) is likelier than the curve.
REACH = 4.0
# Sizes left out at an end of a curve.
ENDS = 2
# Both sides of a measured size, in units of it: its own interval holds there and nowhere else.
_BESIDE = 1e-6
# A curve that leaves the straight line between two knots by less needs no knot between them: predictions miss more.
_STRAIGHT = 0.03
# Halvings of a gap at most: three knots within it.
_HALVINGS = 2
WHERE = ("between", "above", "below")

# (machine, backend, device): what one library runs on.
Backend = tuple[str, str, str]


@dataclass(frozen=True)
class Knot:
    """Seconds of a row at a size, with a 90 % interval or NaN: measured, interpolated or extrapolated (`how`)."""

    size: float
    seconds: float
    low: float
    high: float
    how: str


class Forecasts:
    """Predictions of the rows of one family, and what they missed `between`, `above` or `below` measured sizes."""

    def __init__(self, analysis: Analysis, family: str) -> None:
        self._analysis, self._family = analysis, family
        self._curves = Curves(analysis, family)
        self._guesses: dict[tuple[Series, str, float], float] = {}
        self.misses = {where: tuple(self._find_misses(where)) for where in WHERE}
        self._calibrations: dict[tuple[str, Backend | None], Calibration | None] = {}
        for where, misses in self.misses.items():
            self._calibrations[where, None] = calibrate(misses, CONFIDENCE, KNOWN_WITHIN)
            for backend in dict.fromkeys(map(_find_backend, misses)):
                own = [miss for miss in misses if _find_backend(miss) == backend]
                self._calibrations[where, backend] = calibrate(own, CONFIDENCE, KNOWN_WITHIN)

    def guess(self, series: Series, row: str, size: float) -> float:
        """Log seconds at a size that alone was left out, NaN where it is too far from the others to tell."""
        return self._guesses.get((series, row, size), math.nan)

    def knots(self, series: Series, row: str) -> tuple[Knot, ...]:
        """The row's knots by size, from a factor REACH below its first measured size to one above its last."""
        points = self._list_points(series, row)
        if not points:
            return ()
        knots = [_tie_measured(point) for point in points]
        pieces = list(self._cut(series, points))
        grids = [np.geomspace(first, last, 2**_HALVINGS + 1) for _, first, last, _ in pieces]
        if not grids:
            return tuple(knots)
        logs = self._curves.predict(series, row, points, np.concatenate(grids)).reshape(len(grids), -1)
        for (where, _, _, ends), grid, known in zip(pieces, grids, logs, strict=True):
            for k in _bend(known):
                size = float(grid[k])
                # The same width all over a gap: what was left out says nothing of places nearer to one end.
                gap = math.log(ends[1].size / ends[0].size) if ends[1:] else abs(math.log(size / ends[0].size))
                # A few calls of a patient session do not show how far others would lie.
                arm = math.nan if any(end.patient for end in ends) else self._reach(series, where, gap)
                knots.append(_tie(size, float(known[k]), arm, "interpolated" if ends[1:] else "extrapolated"))
        return tuple(sorted(knots, key=lambda knot: knot.size))

    def _cut(self, series: Series, points: Sequence[Point]) -> Iterable[tuple[str, float, float, tuple[Point, ...]]]:
        """Where a row is predicted at all: (where, first size, last size, the measured ends it is predicted from)."""
        for below, above in pairwise(points):
            if self._reach(series, "between", math.log(above.size / below.size)) <= math.log(KNOWN_WITHIN):
                yield "between", below.size * (1 + _BESIDE), above.size * (1 - _BESIDE), (below, above)
        for where, end, sign in (("below", points[0], -1), ("above", points[-1], 1)):
            far = self._find_far(series, where)
            if far > 1 + _BESIDE:
                yield where, end.size * (1 + _BESIDE) ** sign, end.size * far**sign, (end,)

    def _reach(self, series: Series, where: str, gap: float) -> float:
        """Half width in log seconds over a gap; NaN where too little was left out or nothing over such a gap."""
        calibration = self._calibrate(series, where)
        return calibration.reach(gap) if calibration else math.nan

    def _calibrate(self, series: Series, where: str) -> Calibration | None:
        own = self._calibrations.get((where, _name_backend(series)))
        return own or self._calibrations[where, None]

    def _find_far(self, series: Series, where: str) -> float:
        """The factor beyond an end up to which an interval is knowledge: REACH at most."""
        calibration = self._calibrate(series, where)
        if calibration is None or not _tells(calibration):
            return 1.0
        far = calibration.gaps[1]
        # Asked first: of a power near zero the gap at which an interval is no knowledge is beyond all numbers.
        if calibration.reach(far) > math.log(KNOWN_WITHIN):
            far = (math.log(KNOWN_WITHIN) / calibration.scale) ** (1 / calibration.power)
        return min(REACH, math.exp(far))

    def count_covered(self, where: str, backend: Backend | None = None) -> Coverage:
        """How often the intervals that are printed held a left-out size: of one backend, or of all."""
        found = []
        for name in dict.fromkeys(map(_find_backend, self.misses[where])):
            own = self._calibrations[where, name]
            # A backend of few misses is calibrated by all of the family, and counted with them.
            peers = [miss for miss in self.misses[where] if not own or _find_backend(miss) == name]
            if backend in (None, name) and _tells(own or self._calibrations[where, None]):
                curves = {miss.curve for miss in peers if _find_backend(miss) == name}
                found.append(cover_sizes(peers, KNOWN_WITHIN, CONFIDENCE, curves))
        return pool_coverages(found)

    def printed(self, where: str) -> tuple[Miss, ...]:
        """What was missed where an interval is printed: elsewhere nothing is predicted."""
        return tuple(
            miss for miss in self.misses[where] if self._reach(miss.curve[0], where, miss.gap) <= math.log(KNOWN_WITHIN)
        )

    def _list_points(self, series: Series, row: str) -> list[Point]:
        return [point for point in self._analysis.points(series, row) if point.ok]

    def _find_misses(self, where: str) -> Iterable[Miss]:
        for series in self._analysis.series(self._family):
            for row in self._analysis.rows(series):
                if self._analysis.facts(series, row).role == "method":
                    timed = [point for point in self._list_points(series, row) if point.in_rounds]
                    for kept, left, gap in _LEAVE_OUT[where](timed):
                        (guess,) = self._curves.predict(series, row, kept, [left.size], left.size)
                        if len(kept) == len(timed) - 1:
                            self._guesses[series, row, left.size] = float(guess)
                        errors = tuple(float(guess - median) for median in left.medians)
                        yield Miss((series, row), gap, errors)


def _name_backend(series: Series) -> Backend:
    return series.place.machine, series.place.backend, series.place.device


def _find_backend(miss: Miss) -> Backend:
    return _name_backend(miss.curve[0])


def _tells(calibration: Calibration | None) -> bool:
    """Whether there are predictions by it at all: some gap over which an interval is knowledge."""
    return calibration is not None and calibration.reach(0.0) <= math.log(KNOWN_WITHIN)


_Left = Iterable[tuple[list[Point], Point, float]]


def _leave_between(points: list[Point]) -> _Left:
    """Each inner size, with what is kept and the gap in log size."""
    for j in range(1, len(points) - 1):
        yield [*points[:j], *points[j + 1 :]], points[j], math.log(points[j + 1].size / points[j - 1].size)


def _leave_end(points: list[Point], last: bool) -> _Left:
    """The last size, or the first, from all but the one or two at that end, within REACH of these."""
    for left in range(1, min(ENDS, len(points) - 1) + 1):
        below, above = (points[-1 - left], points[-1]) if last else (points[0], points[left])
        gap = math.log(above.size / below.size)
        if gap <= math.log(REACH) * (1 + 1e-9):
            yield (points[:-left], above, gap) if last else (points[left:], below, gap)


_LEAVE_OUT: dict[str, Callable[[list[Point]], _Left]] = {
    "between": _leave_between,
    "above": partial(_leave_end, last=True),
    "below": partial(_leave_end, last=False),
}


def _bend(logs: np.ndarray) -> list[int]:
    """Places of a curve on an even grid, as many as straight lines between them need."""
    kept, pieces = {0, logs.size - 1}, [(0, logs.size - 1)]
    while pieces:
        i, j = pieces.pop()
        line = np.linspace(logs[i], logs[j], j - i + 1)
        if j - i > 1 and np.abs(logs[i : j + 1] - line).max() > _STRAIGHT:
            kept.add((i + j) // 2)
            pieces += [(i, (i + j) // 2), ((i + j) // 2, j)]
    return sorted(kept)


def _tie_measured(point: Point) -> Knot:
    seconds = estimate_process(point.groups, point.spread, CONFIDENCE)
    return Knot(point.size, seconds.value, seconds.low, seconds.high, "measured")


def _tie(size: float, log: float, arm: float, how: str) -> Knot:
    seconds = math.exp(log)
    return Knot(size, seconds, seconds * math.exp(-arm), seconds * math.exp(arm), how)
