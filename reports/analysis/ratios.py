"""Paired ratios: two rows timed in the same rounds, what their twins say of the noise, and the verdict."""

from collections.abc import Iterable
from dataclasses import replace
from functools import cached_property
from itertools import chain, combinations
from math import nan
from typing import Any

import numpy as np

from ..points import Place, Series, pair_samples
from ..statistics import Ratio, Spread, Verdict, choose_margin, fit_spread, judge, middle, noise_floor, paired_ratio
from .catalogue import Catalogue, kept


class Ratios(Catalogue):
    """Ratios of a run. Rows of two machines, states or sessions are never paired."""

    @kept
    def twins(self, place: Place) -> list[Ratio]:
        """A/A ratios: for each session and twin, time(twin) / time(row), over the place's series."""
        return list(self._find_twins(place))

    def _find_twins(self, place: Place) -> Iterable[Ratio]:
        for series in self.series():
            for size in self.sizes(series) if series.place == place else ():
                for row, point in sorted(self._points[series][size].items()):
                    original = self.point(series, size, row.partition("~")[0])
                    if "~" in row and original is not None and point.in_rounds and original.in_rounds:
                        yield from (paired_ratio([pair]) for pair in pair_samples(point, original))

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

        Of a patient session, whose calls are too few to show what another would do, without an interval.
        """
        pairs = self.pairs(series, size, a, b)
        if not pairs:
            return None
        if any(point is not None and point.patient for point in (self.point(series, size, row) for row in (a, b))):
            return replace(paired_ratio(pairs), low=nan, high=nan)
        return paired_ratio(pairs, measured=self.ratio_spread(series))

    def pairs(self, series: Series, size: float, a: str, b: str) -> list[tuple[np.ndarray, np.ndarray]]:
        """Seconds of a and b aligned by round, one pair for each process that timed both; none if one did not run."""
        first, second = self.point(series, size, a), self.point(series, size, b)
        return pair_samples(first, second) if first and second and first.ok and second.ok else []

    def ratio_spread(self, series: Series) -> Spread | None:
        """Spread between processes of paired log ratios: of the family at its place and state, else of all families
        with its backend on the machine; None where nothing there was measured in several processes.
        """
        place = series.place
        return self._fit_spread((series.family, place, series.state)) or self._fit_spread(
            (place.machine, place.backend, place.device)
        )

    @kept
    def _fit_spread(self, scope: tuple[Any, ...]) -> Spread | None:
        return fit_spread(chain(*self._ratios.get(scope, ())))

    @cached_property
    def _ratios(self) -> dict[tuple[Any, ...], list[list[np.ndarray]]]:
        """Log ratios (processes,) of all pairs of rows of each cell, by the scopes that lend a spread."""
        found: dict[tuple[Any, ...], list[list[np.ndarray]]] = {}
        for series, sizes in self._points.items():
            place = series.place
            for rows in sizes.values():
                points = [p for _, p in sorted(rows.items()) if p.lends and len(p.groups) > 1]
                pairs = (pair_samples(*two) for two in combinations(points, 2))
                logs = [np.array([middle(np.log(a / b)) for a, b in pair]) for pair in pairs if len(pair) > 1]
                for scope in ((series.family, place, series.state), (place.machine, place.backend, place.device)):
                    found.setdefault(scope, []).append(logs)
        return found

    def verdict(self, series: Series, size: float, a: str, b: str) -> Verdict:
        """Whether a is faster than b."""
        reason = "" if self.ratio(series, size, a, b) else "not timed in the same rounds"
        for row in (b, a):
            point = self.point(series, size, row)
            if point is None or not point.ok:
                reason = f"{row} did not run"
        return judge(self.ratio(series, size, a, b), self.margin(series.place), reason)
