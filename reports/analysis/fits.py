"""Curves over the sizes of a series: exponents, slopes, crossovers, memory, and where a row's reach ends."""

from ..points import Point, Series, pair_samples
from ..statistics import (
    Crossover,
    Exponent,
    Frontier,
    Slope,
    find_crossover,
    find_frontier,
    fit_exponent,
    local_slopes,
)
from .catalogue import kept
from .ratios import Ratios

# Outcomes that say where a method's reach ends; `wrong` and `error` say something else.
CAPACITY = ("ok", "skipped", "over_budget", "oom", "timeout")
# Fewer sizes than this give a memory law no check of itself.
LAW_SIZES = 4


class Fits(Ratios):
    """Fits of a run. What a patient session added has no spread: it is a point, and on no fit of times."""

    @kept
    def exponent(self, series: Series, row: str) -> Exponent | None:
        """Fitted floor and power of a row's time; None where it never ran."""
        points = [point for point in self.points(series, row) if point.in_rounds]
        return fit_times([p.size for p in points], points) if points else None

    @kept
    def slopes(self, series: Series, row: str) -> tuple[Slope, ...]:
        """Local slopes of a row's time."""
        points = [point for point in self.points(series, row) if point.in_rounds]
        if len(points) < 2:
            return ()
        deviations = [p.deviation for p in points]
        return local_slopes([p.size for p in points], [p.groups for p in points], process=deviations)

    @kept
    def crossover(self, series: Series, a: str, b: str) -> Crossover | None:
        """Where time(a) / time(b) passes through 1 along the axis; None where they were never timed side by side."""
        sizes, sessions = [], []
        for size in self.sizes(series):
            first, second = self.point(series, size, a), self.point(series, size, b)
            if first and second and first.in_rounds and second.in_rounds and (pairs := pair_samples(first, second)):
                sizes.append(size)
                sessions.append(pairs)
        fits = self.exponent(series, a), self.exponent(series, b)
        both = (fits[0], fits[1]) if fits[0] and fits[1] else None
        return find_crossover(sizes, sessions, both, spread=self.ratio_spread(series)) if sizes else None

    @kept
    def memory_law(self, series: Series, row: str) -> Exponent | None:
        """Floor and power of a row's measured peak bytes; None with fewer than four sizes."""
        points = [p for p in self.points(series, row) if p.peak_bytes > 0]
        return fit_peaks([p.size for p in points], points)

    @kept
    def frontier(self, series: Series, row: str) -> Frontier:
        """The largest size that ran and the smallest that did not, for reasons of capacity."""
        known = [(p.size, p.outcome) for p in self.points(series, row) if p.outcome in CAPACITY]
        return find_frontier(known) if known else Frontier(None, None, None)

    def first_failure(self, series: Series, row: str) -> Point | None:
        """The point at the smallest size that did not run for reasons of capacity."""
        size = self.frontier(series, row).smallest_failed
        return None if size is None else self.point(series, size, row)


def fit_times(values: list[float], points: list[Point]) -> Exponent:
    """Floor and power of the time against a number, a size or a ladder's."""
    return fit_exponent(values, [p.groups for p in points], process=[p.deviation for p in points])


def fit_peaks(values: list[float], points: list[Point]) -> Exponent | None:
    """Floor and power of the peak bytes against a number; None with fewer than four."""
    return fit_exponent(values, [[p.peak_bytes] for p in points]) if len(values) >= LAW_SIZES else None
