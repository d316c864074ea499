"""Times at sizes nobody measured: the work as the shape, the measured sizes as the level.

A row's seconds are w0 + w1 FLOPs + w2 bytes, weights not negative, fitted to all series of the row at a place in one
state of the machine: its other batches and problems too. Between two measured sizes of a series the distance from that
shape is a straight line in log size, beyond the ends that of the end. FLOPs and bytes of a size that was not measured
are interpolated: sums of powers of the size for each product or evaluation, whose number is a straight line in log size
between two sizes (a solver's differs from size to size). A row whose work is not known follows sums of powers itself.
"""

import math
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from .analysis import Analysis
from .points import Point, Series
from .statistics import fit_shape, follow_shape, interpolate_powers

# Powers of the size that operations and bytes are made of; 3/2 where a size is a square.
POWERS = (0.0, 1.0, 1.5, 2.0, 3.0)


class Curves:
    """Predictions of the rows of one family."""

    def __init__(self, analysis: Analysis, family: str) -> None:
        self._work: dict[tuple[Any, ...], dict[float, tuple[float, float, float]]] = {}
        self._points: dict[tuple[Any, ...], list[Point]] = {}
        for series in analysis.series(family):
            for row in analysis.rows(series):
                for point in analysis.points(series, row):
                    if point.flops > 0 and point.bytes > 0:
                        work = point.flops, point.bytes, _count(point)
                        self._work.setdefault((series.place, series.fixed, row), {})[point.size] = work
                        if point.in_rounds:
                            self._points.setdefault((series.place, series.state, row), []).append(point)
        self._weights: dict[tuple[Any, ...], np.ndarray] = {}

    def predict(
        self, series: Series, row: str, points: Sequence[Point], at: Iterable[float], without: float | None = None
    ) -> np.ndarray:
        """Log seconds of a row at sizes `at`, from its `points` that ran, by size; `without` what is left out.

        Nothing measured at the size `without` has a say: neither the level, nor the work, nor the shape.
        """
        known, sizes = np.array([point.size for point in points]), np.array(list(at), dtype=float)
        logs = np.array([point.medians.mean() for point in points])
        if any(not (point.flops > 0 and point.bytes > 0) for point in points):
            return np.log(interpolate_powers(known, np.exp(logs), sizes, POWERS))
        weights = self._fit(series, row, without)
        if weights is None:
            return np.interp(np.log(sizes), np.log(known), logs)
        shape = np.log(_list_terms([(point.flops, point.bytes) for point in points]) @ weights)
        shape_at = np.log(_list_terms(self._find_work(series, row, sizes, without)) @ weights)
        return follow_shape(known, logs, shape, sizes, shape_at)

    def _fit(self, series: Series, row: str, without: float | None) -> np.ndarray | None:
        """Weights of floor, FLOPs and bytes over all series of the row there; None where nothing is left."""
        key = series.place, series.state, row, without
        if key not in self._weights:
            pool = [point for point in self._points.get(key[:-1], ()) if point.size != without]
            if not pool:
                return None
            terms = _list_terms([(point.flops, point.bytes) for point in pool])
            self._weights[key] = fit_shape(terms, [math.exp(point.medians.mean()) for point in pool])
        return self._weights[key]

    def _find_work(
        self, series: Series, row: str, sizes: np.ndarray, without: float | None
    ) -> list[tuple[float, float]]:
        """FLOPs and bytes at sizes, from what the formulas said at this place: elsewhere a solver takes other steps."""
        found = self._work[series.place, series.fixed, row]
        known = {size: work for size, work in found.items() if size != without}
        grid = sorted(known)
        counts = np.array([known[size][2] for size in grid])
        each = np.exp(np.interp(np.log(sizes), np.log(grid), np.log(counts)))
        columns = (
            each * interpolate_powers(grid, [known[size][column] for size in grid] / counts, sizes, POWERS)
            for column in (0, 1)
        )
        return list(zip(*columns, strict=True))


def _count(point: Point) -> float:
    """Products and evaluations of a call, one where it has none or they are not known."""
    return max(1.0, sum(number for number in (point.vjps, point.jvps, point.evaluations) if number > 0))


def _list_terms(work: Sequence[tuple[float, float]]) -> np.ndarray:
    """A call's floor, its FLOPs and its bytes (points, 3)."""
    return np.array([(1.0, flops, moved) for flops, moved in work])
