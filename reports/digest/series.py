"""Measured cells as plain values: series, their rows, and a row at each of its sizes."""

import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from ..analysis import Analysis
from ..clocks import Clocks
from ..group import group_by
from ..points import UNCOUNTED, Place, Point, Series, summarise_starts
from ..statistics import Estimate
from .lent import LentFrom, find_lent

# Fewer sizes are numbers for a table: no figure, no fit.
SWEEP_SIZES = 4


@dataclass(frozen=True)
class Cell:
    """A row at one size. `limit` is memory or time where that ended it; `stopped_s` what a call would have taken.

    `attainable_s` is the time of its formula's work at the ceiling measured in its own sessions, `ratio` its time in
    those of the yardstick, paired by round. `clocks` are those of a GPU.
    """

    size: float
    outcome: str
    reason: str
    limit: str
    seconds: Estimate | None
    stopped_s: float
    ratio: Estimate | None
    error: float
    measure: str
    peak_bytes: float
    instrument: str
    flops: float
    bytes: float
    attainable_s: float
    vjps: float
    jvps: float
    evaluations: float
    counted: bool
    compile_cold_s: float
    compile_cached_s: float
    first_call_s: float
    commit: str = ""
    clocks: Clocks = field(default_factory=Clocks)


@dataclass(frozen=True)
class Row:
    """A row of a series: its facts, its cells by size, its fitted growth and where it ends."""

    name: str
    method: str
    form: str
    role: str
    exact: bool
    computes: str
    source: str
    cells: tuple[Cell, ...]
    exponent: Estimate | None
    largest_ok: float | None
    smallest_failed: float | None

    def at(self, size: float) -> Cell | None:
        """The row at a size, None where nothing is known of it."""
        return next((cell for cell in self.cells if cell.size == size), None)

    @property
    def ran(self) -> tuple[Cell, ...]:
        """Cells that ran, were right and were timed."""
        return tuple(cell for cell in self.cells if cell.seconds is not None)


@dataclass(frozen=True)
class Measured:
    """Cells that differ in one size only, `axis`. `noise` is the place's A/A floor, `margin` what verdicts use.

    `roofline` are (size, seconds) of the yardstick's work at the ceiling measured in the series' own state.
    `commits` are those its cells are of: one, or two where a few patient calls were made later.
    `lent_from` is whose processes say how wide the intervals of its ratios are, None where they are the run's own.
    """

    key: str
    family: str
    place: Place
    axis: str
    fixed: tuple[tuple[str, Any], ...]
    state: str
    sizes: tuple[float, ...]
    noise: float
    margin: float
    memory_bytes: float
    rows: tuple[Row, ...]
    roofline: tuple[tuple[float, float], ...] = ()
    lent_from: LentFrom | None = None
    commits: tuple[str, ...] = ()

    def row(self, name: str) -> Row | None:
        """A row by its name."""
        return next((row for row in self.rows if row.name == name), None)


@dataclass(frozen=True)
class AtSize:
    """Something said of a row at one size; `series` is the key of its series."""

    series: str
    size: float
    row: str


def find_keys(analysis: Analysis, family: str) -> dict[str, Series]:
    """The series of a family by the keys that the digest knows them by."""
    return {analysis.key(series): series for series in analysis.series(family)}


def choose_sweeps(measured: Iterable[Measured]) -> tuple[Measured, ...]:
    """The series that have enough sizes to tell a course; of a place without one that with the most sizes."""
    chosen: list[Measured] = []
    for here in group_by(measured, lambda series: series.place).values():
        sweeps = [series for series in here if len(series.sizes) >= SWEEP_SIZES]
        chosen += sweeps or [max(here, key=lambda series: len(series.sizes))]
    return tuple(chosen)


def digest_series(analysis: Analysis, family: str, yardstick: str) -> tuple[Measured, ...]:
    """All series of a family, without twins."""
    return tuple(_digest(analysis, series, yardstick) for series in analysis.series(family))


def _digest(analysis: Analysis, series: Series, yardstick: str) -> Measured:
    rows = tuple(_digest_row(analysis, series, row, yardstick) for row in analysis.rows(series) if "~" not in row)
    return Measured(
        key=analysis.key(series),
        **vars(series),
        sizes=analysis.sizes(series),
        noise=_or_nan(analysis.noise(series.place)),
        margin=analysis.margin(series.place),
        memory_bytes=_or_nan(analysis.memory_bytes(series.place)),
        rows=rows,
        roofline=tuple(_trace_roofline(analysis, series, yardstick)),
        lent_from=find_lent(analysis, series),
        commits=analysis.commits(series),
    )


def _trace_roofline(analysis: Analysis, series: Series, yardstick: str) -> Iterable[tuple[float, float]]:
    for point in analysis.points(series, yardstick):
        if (seconds := analysis.attainable(series, point, curve=True)) is not None:
            yield point.size, seconds


def _digest_row(analysis: Analysis, series: Series, row: str, yardstick: str) -> Row:
    fact, fit = analysis.facts(series, row), analysis.exponent(series, row)
    return Row(
        name=row,
        **{name: getattr(fact, name) for name in ("method", "form", "role", "exact", "computes", "source")},
        cells=tuple(_digest_cell(analysis, series, point, yardstick) for point in analysis.points(series, row)),
        exponent=fit.estimate if fit is not None else None,
        **vars(analysis.frontier(series, row)),
    )


def _digest_cell(analysis: Analysis, series: Series, point: Point, yardstick: str) -> Cell:
    same = ("size", "outcome", "reason", "limit", "error", "measure", "peak_bytes", "flops", "bytes", "commit")
    return Cell(
        **{name: getattr(point, name) for name in same},
        **vars(point.products or UNCOUNTED),
        **summarise_starts(point),
        seconds=point.seconds if point.ok else None,
        stopped_s=math.nan if point.ok else _find_stop(analysis, series, point),
        ratio=analysis.ratio(series, point.size, point.row, yardstick) if point.ok else None,
        instrument=point.peak_instrument,
        attainable_s=_or_nan(analysis.attainable(series, point)),
        clocks=point.clocks,
    )


def _find_stop(analysis: Analysis, series: Series, point: Point) -> float:
    """Seconds a call would have taken where memory or time ended the row: by its fitted growth, else its largest timed
    size and the formula, else as the session predicted.
    """
    if point.limit not in ("memory", "time"):
        return math.nan
    fit = analysis.exponent(series, point.row)
    if fit is not None and fit.grows:
        return float(fit.predict(point.size))
    timed = [other for other in analysis.points(series, point.row) if other.ok and other.size < point.size]
    if not timed:
        return point.predicted_s
    largest = max(timed, key=lambda other: other.size)
    grown = largest.seconds.value * point.flops / largest.flops if largest.flops else math.nan
    # What it was predicted from at the time may have been a smaller one, where calls cost more than their work; of a
    # row whose process was killed nothing is predicted.
    return min((known for known in (point.predicted_s, grown) if not math.isnan(known)), default=math.nan)


def _or_nan(value: float | None) -> float:
    return math.nan if value is None else value
