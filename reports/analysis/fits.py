"""Curves over the sizes of a series: exponents, slopes, crossovers, memory, and where a row's reach ends."""

from dataclasses import dataclass
from typing import Any, TypeVar

from ..points import Point, Series, pair_samples
from ..statistics import RESAMPLES, Crossover, Exponent, Slope, find_crossover, fit_exponents, local_slopes
from .catalogue import kept
from .ratios import Ratios

# Outcomes that say where a method's reach ends; `wrong` and `error` say something else.
CAPACITY = ("ok", "skipped", "over_budget", "oom", "timeout")
# Fewer sizes than this give a memory law no check of itself.
LAW_SIZES = 4

K = TypeVar("K")


@dataclass(frozen=True)
class Frontier:
    """Largest size that ran and smallest that did not; None where there is none."""

    largest_ok: float | None
    smallest_failed: float | None


class Fits(Ratios):
    """Fits of a run. What a patient session added has no spread: it is a point, and on no fit of times."""

    def exponent(self, series: Series, row: str) -> Exponent | None:
        """Fitted floor and power of a row's time; None where it never ran."""
        return self._exponents(series.family).get((series, row))

    @kept
    def _exponents(self, family: str) -> dict[tuple[Series, str], Exponent]:
        """Of all its series at once: curves are fitted side by side in less time."""
        rows = [(series, row) for series in self.series(family) for row in self.rows(series)]
        curves = {key: [(p.size, p) for p in self.points(*key) if p.in_rounds] for key in rows}
        return fit_times({key: curve for key, curve in curves.items() if curve})

    @kept
    def slopes(self, series: Series, row: str) -> tuple[Slope, ...]:
        """Local slopes of a row's time."""
        points = [point for point in self.points(series, row) if point.in_rounds]
        if len(points) < 2:
            return ()
        return local_slopes([p.size for p in points], [p.groups for p in points], [p.deviation for p in points])

    @kept
    def crossover(self, series: Series, a: str, b: str) -> Crossover | None:
        """Where time(a) / time(b) passes through 1 along the axis; None where it does not, where they were never timed
        side by side, or where nothing says how far another process would lie.
        """
        spread = self.ratio_spread(series)
        sizes, sessions = self._pair_curves(series, a, b, 2 if spread is None else 1)
        fits = self.exponent(series, a), self.exponent(series, b)
        both = (fits[0], fits[1]) if fits[0] and fits[1] else None
        return find_crossover(sizes, sessions, both, spread=spread) if sizes else None

    def _pair_curves(self, series: Series, a: str, b: str, processes: int) -> tuple[list[float], list[Any]]:
        """Sizes and paired samples of two rows where both ran in the same rounds of so many processes at least."""
        points = ((size, self.point(series, size, a), self.point(series, size, b)) for size in self.sizes(series))
        paired = [(size, pair_samples(x, y)) for size, x, y in points if x and y and x.in_rounds and y.in_rounds]
        known = [(size, pairs) for size, pairs in paired if len(pairs) >= processes]
        return [size for size, _ in known], [pairs for _, pairs in known]

    def memory_law(self, series: Series, row: str) -> Exponent | None:
        """Floor and power of a row's measured peak bytes, without an interval; None with fewer than four sizes."""
        return self._memory_laws(series).get(row)

    @kept
    def _memory_laws(self, series: Series) -> dict[str, Exponent]:
        return fit_peaks({row: [(p.size, p) for p in self.points(series, row)] for row in self.rows(series)}, 0)

    @kept
    def frontier(self, series: Series, row: str) -> Frontier:
        """The largest size that ran and the smallest that did not, for reasons of capacity."""
        known = [point for point in self.points(series, row) if point.outcome in CAPACITY]
        ran = [point.size for point in known if point.outcome == "ok"]
        failed = [point.size for point in known if point.outcome != "ok"]
        return Frontier(max(ran, default=None), min(failed, default=None))

    def first_failure(self, series: Series, row: str) -> Point | None:
        """The point at the smallest size that did not run for reasons of capacity."""
        size = self.frontier(series, row).smallest_failed
        return None if size is None else self.point(series, size, row)


def fit_times(curves: dict[K, list[tuple[float, Point]]]) -> dict[K, Exponent]:
    """Floor and power of the time of each curve against its number, a size or a ladder's."""
    data = (
        ([number for number, _ in curve], [p.groups for _, p in curve], [p.deviation for _, p in curve])
        for curve in curves.values()
    )
    return dict(zip(curves, fit_exponents(data), strict=True))


def fit_peaks(curves: dict[K, list[tuple[float, Point]]], resamples: int = RESAMPLES) -> dict[K, Exponent]:
    """Floor and power of the peak bytes of each curve against its number, where it has at least four."""
    known = {key: [(n, p.peak_bytes) for n, p in curve if p.peak_bytes > 0] for key, curve in curves.items()}
    known = {key: curve for key, curve in known.items() if len(curve) >= LAW_SIZES}
    data = (([number for number, _ in curve], [[peak] for _, peak in curve], None) for curve in known.values())
    return dict(zip(known, fit_exponents(data, resamples=resamples), strict=True))
