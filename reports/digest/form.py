"""What the form and the terminal need to answer at a size that nobody measured, and how well that works."""

import math
from dataclasses import dataclass

import numpy as np

from ..analysis import Analysis
from ..points import Point, Series
from ..predict import REACH, Predictor


@dataclass(frozen=True)
class Knot:
    """Seconds of a row at a size, with a 90 % interval or NaN: measured, interpolated or extrapolated (`how`)."""

    size: float
    seconds: float
    low: float
    high: float
    how: str


@dataclass(frozen=True)
class FormRow:
    """A row of the form. `bytes` are (size, peak bytes) of measured cells, `errors` (size, error).

    `refused` are (size, reason) of cells that did not run, `ends` the size from which it cannot run, with the reason.
    """

    row: str
    computes: str
    exact: bool
    knots: tuple[Knot, ...]
    errors: tuple[tuple[float, float], ...]
    bytes: tuple[tuple[float, float], ...]
    refused: tuple[tuple[float, str], ...]
    ends: tuple[float, str] | None


@dataclass(frozen=True)
class FormSeries:
    """The rows of a series, with the answers of its measured cells for each question: size -> (row, regret)."""

    series: str
    rows: tuple[FormRow, ...]


@dataclass(frozen=True)
class Quality:
    """How well predictions hold where a measured size is left out, over a family.

    left_out    cells left out
    error       median of |log(predicted / measured)|, as a share
    coverage    share of 90 % intervals that held the measured time; NaN where none had one
    picks       share of left-out cells whose predicted pick is within 5 % of the best measured
    """

    family: str
    left_out: int
    error: float
    coverage: float
    picks: float


def pack_form(analysis: Analysis, family: str) -> tuple[FormSeries, ...]:
    """Every series of a family with its rows of role method."""
    return tuple(
        FormSeries(
            analysis.key(series), tuple(_pack_row(analysis, series, row) for row in _list_methods(analysis, series))
        )
        for series in analysis.series(family)
    )


def _list_methods(analysis: Analysis, series: Series) -> tuple[str, ...]:
    return tuple(row for row in analysis.rows(series) if analysis.facts(series, row).role == "method")


def _pack_row(analysis: Analysis, series: Series, row: str) -> FormRow:
    fact, points = analysis.facts(series, row), analysis.points(series, row)
    return FormRow(
        row=row,
        computes=fact.computes,
        exact=fact.exact,
        knots=_find_knots(analysis, series, row),
        errors=tuple((p.size, p.error) for p in points if not math.isnan(p.error)),
        bytes=tuple((p.size, p.peak_bytes) for p in points if not math.isnan(p.peak_bytes)),
        refused=tuple((p.size, _say_outcome(p)) for p in points if not p.ok),
        ends=_find_end(analysis, series, row),
    )


def _find_end(analysis: Analysis, series: Series, row: str) -> tuple[float, str] | None:
    """The size from which a row cannot run: where its capacity ended, or its memory is predicted to."""
    failure, largest = analysis.first_failure(series, row), analysis.frontier(series, row).largest_ok
    if failure is not None and (largest is None or largest < failure.size):
        return failure.size, _say_outcome(failure)
    limit, law = analysis.memory_bytes(series.place), analysis.memory_law(series, row)
    if limit and law and largest is not None:
        reach = np.geomspace(largest, largest * REACH, 200)
        over = reach[law.predict(reach) > limit]
        if over.size:
            return float(over[0]), f"predicted memory is more than the machine's {limit / 1e9:.3g} GB"
    return None


def _find_knots(analysis: Analysis, series: Series, row: str) -> tuple[Knot, ...]:
    return tuple(
        Knot(knot.size, knot.seconds.value, knot.seconds.low, knot.seconds.high, knot.how)
        for knot in Predictor(analysis, series).knots(row)
    )


def _say_outcome(point: Point) -> str:
    return f"{point.outcome}: {point.reason}".rstrip(": ")
