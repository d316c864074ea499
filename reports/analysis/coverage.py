"""How often intervals held what was left out."""

import math
from collections.abc import Iterable
from itertools import combinations
from typing import Any

import numpy as np

from ..points import Point, Series
from ..statistics import Coverage, count_held, cover_processes, find_crossover, fit_exponents, pool_coverages
from .catalogue import kept
from .fits import Fits, fit_times


class Coverages(Fits):
    """Coverage over the processes of a run."""

    @kept
    def coverage(self, family: str) -> Coverage:
        """How often the interval of a time held the median of a process that was left out, over a family."""
        scopes: dict[Any, list[list[np.ndarray]]] = {}
        for series in self.series(family):
            for rows in self._points[series].values():
                medians = [p.medians for p in rows.values() if p.lends]
                scopes.setdefault((series.place, series.state), []).append(medians)
        return pool_coverages(cover_processes(cells) for cells in scopes.values())

    @kept
    def coverage_of_ratios(self, family: str) -> Coverage:
        """How often the interval of a paired ratio held that of a process left out, over a family."""
        scopes = dict.fromkeys((s.family, s.place, s.state) for s in self.series(family))
        return pool_coverages(cover_processes(self._ratios.get(scope, [])) for scope in scopes)

    @kept
    def coverage_of_exponents(self, family: str, widest: float = math.inf) -> Coverage:
        """How often the interval of an exponent held the exponent of a process that was left out, over a family.

        Of curves with several processes at each size, whose interval is narrower than `widest`: each process that timed
        all sizes is left out, and the fit of the others is held against the fit of its own medians. Their interval is
        for the mean of all processes: what one of them adds by itself is not in it, which makes the share a low one.
        """
        curves = self._list_curves(family, widest)
        parts = dict(enumerate(part for curve in curves for part in _leave_out(curve)))
        others = fit_times({j: [(point.size, point) for point in rest] for j, (rest, _) in parts.items()})
        left = [([point.size for point in own], [point.groups for point in own], None) for _, own in parts.values()]
        values = [fit.estimate.value for fit in fit_exponents(left, resamples=0)]
        return count_held((others[j].estimate, value) for j, value in enumerate(values))

    @kept
    def coverage_of_crossovers(self, family: str) -> Coverage:
        """How often the interval of a crossover held that of a process that was left out, over all pairs of methods of
        a family that have several processes at two sizes or more, and where both have one.
        """
        held = []
        for series in self.series(family):
            spread = self.ratio_spread(series)
            for sizes, sessions in self._list_pairs(series):
                for left in range(min(map(len, sessions))):
                    rest = [[pair for j, pair in enumerate(pairs) if j != left] for pairs in sessions]
                    found = find_crossover(sizes, rest, spread=spread)
                    own = found and find_crossover(sizes, [[pairs[left]] for pairs in sessions])
                    if found and own and found.winner_above == own.winner_above:
                        held.append((found.estimate, own.estimate.value))
        return count_held(held)

    def _list_pairs(self, series: Series) -> Iterable[tuple[list[float], list[Any]]]:
        """Sizes and paired samples of every two methods where these have several processes, at two sizes or more."""
        methods = [row for row in self.rows(series) if self.facts(series, row).role == "method"]
        paired = (self._pair_curves(series, a, b, 2) for a, b in combinations(methods, 2))
        return ((sizes, sessions) for sizes, sessions in paired if len(sizes) > 1)

    def _list_curves(self, family: str, widest: float) -> Iterable[list[Point]]:
        for series in self.series(family):
            for row in self.rows(series):
                curve = [point for point in self.points(series, row) if point.lends]
                if curve and all(len(point.groups) > 1 for point in curve):
                    fit = self.exponent(series, row)
                    if fit is not None and fit.estimate.high - fit.estimate.low < widest:
                        yield curve


def _leave_out(curve: list[Point]) -> Iterable[tuple[list[Point], list[Point]]]:
    """(rest, own): the points of a curve without one of its processes, and of that one alone."""
    timed = [{process for process, (_, seconds) in point.samples.items() if seconds.size} for point in curve]
    for process in sorted(set.intersection(*timed)):
        rest = [point.choose(known - {process}) for point, known in zip(curve, timed, strict=True)]
        yield rest, [point.choose({process}) for point in curve]
