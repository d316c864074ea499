"""Paired ratios: two rows timed in the same rounds, what their twins say of the noise, and the verdict."""

from dataclasses import replace
from math import nan

import numpy as np

from ..points import Place, Series, pair_samples
from ..statistics import Ratio, choose_margin, judge, noise_floor, paired_ratio
from .catalogue import kept
from .spreads import Spreads


class Ratios(Spreads):
    """Ratios of a run. Rows of two machines, states or sessions are never paired."""

    @kept
    def twins(self, place: Place) -> list[Ratio]:
        """A/A ratios: for each session and twin, time(twin) / time(row), over the place's series."""
        found = []
        for series in self.series():
            for size in self.sizes(series) if series.place == place else ():
                for row, point in sorted(self._points[series][size].items()):
                    original = self.point(series, size, row.partition("~")[0])
                    if "~" in row and original is not None and point.in_rounds and original.in_rounds:
                        found += [paired_ratio([pair]) for pair in pair_samples(point, original)]
        return found

    @kept
    def noise(self, place: Place) -> float | None:
        """A/A noise floor of a place, None without twins."""
        twins = self.twins(place)
        return noise_floor([twin.value for twin in twins]) if twins else None

    def margin(self, place: Place) -> float:
        """max(5 %, noise floor)."""
        return choose_margin(self.noise(place))

    @kept
    def ratio(self, series: Series, size: float, a: str, b: str) -> Ratio | None:
        """time(a) / time(b), paired by round within each process; None where they were not timed side by side.

        Without an interval where nothing shows what another process would do: of a patient session, whose calls are too
        few, and of one process where no spread is known or lent.
        """
        pairs = self.pairs(series, size, a, b)
        if not pairs:
            return None
        if any(point is not None and point.patient for point in (self.point(series, size, row) for row in (a, b))):
            return replace(paired_ratio(pairs), low=nan, high=nan)
        ratio = paired_ratio(pairs, measured=self.ratio_spread(series))
        return replace(ratio, low=nan, high=nan) if ratio.basis == "rounds" else ratio

    def pairs(self, series: Series, size: float, a: str, b: str) -> list[tuple[np.ndarray, np.ndarray]]:
        """Seconds of a and b aligned by round, one pair for each process that timed both; none if one did not run."""
        first, second = self.point(series, size, a), self.point(series, size, b)
        return pair_samples(first, second) if first and second and first.ok and second.ok else []

    def verdict(self, series: Series, size: float, a: str, b: str) -> str:
        """Whether a is faster than b."""
        return judge(self.ratio(series, size, a, b), self.margin(series.place))
