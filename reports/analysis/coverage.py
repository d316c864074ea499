"""How often intervals held what was left out."""

from typing import Any

import numpy as np

from ..statistics import Coverage, cover_processes, pool_coverages
from .catalogue import kept
from .ratios import Ratios


class Coverages(Ratios):
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
