"""How often intervals held what was left out, and how far predictions miss."""

from typing import Any

import numpy as np

from ..misses import LEAVE_OUT
from ..points import Place, Series
from ..statistics import Calibration, Coverage, Miss, calibrate, cover_processes, cover_sizes, pool_coverages
from .catalogue import kept
from .ratios import Ratios


class Coverages(Ratios):
    """Coverage over the processes and the sizes of a run."""

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

    def coverage_of_sizes(self, family: str, where: str, known_within: float) -> Coverage:
        """How often the interval of a prediction held a size that was left out, over a family."""
        places = dict.fromkeys(series.place for series in self.series(family))
        return pool_coverages(cover_sizes(self.misses(family, place, where), known_within) for place in places)

    def calibration(self, series: Series, where: str) -> Calibration | None:
        """How far predictions miss at a series' place and family `between`, `above` or `below` measured sizes.

        None where too few were left out, or where no curve can be calibrated by the others alone: nothing would tell
        whether such an interval holds.
        """
        return self._calibrate(series.family, series.place, where)

    @kept
    def _calibrate(self, family: str, place: Place, where: str) -> Calibration | None:
        misses = self.misses(family, place, where)
        return calibrate(misses) if cover_sizes(misses).total else None

    @kept
    def misses(self, family: str, place: Place, where: str) -> list[Miss]:
        """Each size that was left out of a curve, predicted from the others, by where it lies."""
        curves = (
            ((series, row), [point for point in self.points(series, row) if point.in_rounds])
            for series in self.series(family)
            if series.place == place
            for row in self.rows(series)
            if self.facts(series, row).role != "twin"
        )
        return list(LEAVE_OUT[where](curves))
