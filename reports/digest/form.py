"""What the form and the terminal need to answer at a size that nobody measured, and how well that works."""

import math
from dataclasses import dataclass

import numpy as np

from ..analysis import Analysis
from ..arithmetic import merge_regrets, rank_rows
from ..forecasts import REACH, Forecasts, Knot
from ..points import Series
from ..statistics import pool_coverages
from .answers import CellAnswer, check_regrets, group_answers, list_timed

# A pick that is this close to the best is as good as it.
CLOSE = 0.05


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
    """The rows of a series."""

    series: str
    rows: tuple[FormRow, ...]


@dataclass(frozen=True)
class Quality:
    """How well predictions hold where a measured size is left out, over a family.

    left_out    rows at inner sizes that were left out, each predicted from the other sizes; where an interval would be
                too wide nothing is predicted, and nothing counted
    error       median of |log(predicted / measured)|, as a share
    coverage    share of their 90 % intervals that held the measured time; NaN where none had one
    cells       left-out cells and questions with a choice
    picks       share of these whose predicted pick is within 5 % of the best measured
    beyond      rows at sizes left out at an end of a curve, with `beyond_error` and `beyond_coverage` likewise
    processes   left-out processes of measured cells, and in which share of them (`held`) the pick of the others lost at
                most its bound; NaN where no cell with a choice has several processes
    """

    family: str
    left_out: int
    error: float
    coverage: float
    cells: int
    picks: float
    beyond: int
    beyond_error: float
    beyond_coverage: float
    processes: int = 0
    held: float = math.nan


def pack_form(analysis: Analysis, family: str, forecasts: Forecasts) -> tuple[FormSeries, ...]:
    """Every series of a family that is about times, with its rows of role method."""
    return tuple(
        FormSeries(
            analysis.key(series),
            tuple(
                _pack_row(analysis, series, row, forecasts)
                for row in analysis.rows(series)
                if analysis.facts(series, row).role == "method"
            ),
        )
        for series in list_timed(analysis, family)
    )


def _pack_row(analysis: Analysis, series: Series, row: str, forecasts: Forecasts) -> FormRow:
    fact, points = analysis.facts(series, row), analysis.points(series, row)
    return FormRow(
        row=row,
        computes=fact.computes,
        exact=fact.exact,
        knots=forecasts.knots(series, row),
        errors=tuple((p.size, p.error) for p in points if not math.isnan(p.error)),
        bytes=tuple((p.size, p.peak_bytes) for p in points if p.peak_bytes > 0),
        refused=tuple((p.size, f"{p.outcome}: {p.reason}".rstrip(": ")) for p in points if not p.ok),
        ends=_find_end(analysis, series, row),
    )


def _find_end(analysis: Analysis, series: Series, row: str) -> tuple[float, str] | None:
    """The size from which a row cannot run: where its capacity ended, or its memory is predicted to."""
    failure, largest = analysis.first_failure(series, row), analysis.frontier(series, row).largest_ok
    if failure is not None and (largest is None or largest < failure.size):
        return failure.size, f"{failure.outcome} at {series.axis} = {failure.size:,.0f}: {failure.reason}".rstrip(": ")
    limit = analysis.memory_bytes(series.place)
    peaks = [point.peak_bytes for point in analysis.points(series, row) if point.peak_bytes > 0]
    # Nothing here keeps more than a cube of the size: a law is worth its fit only where it could reach the limit.
    if limit and largest is not None and peaks and max(peaks) * REACH**3 > limit:
        law = analysis.memory_law(series, row)
        if law is None:
            return None
        reach = np.geomspace(largest, largest * REACH, 200)
        over = reach[law.predict(reach) > limit]
        if over.size:
            whose = "machine" if series.place.device == "cpu" else "card"
            return float(over[0]), f"predicted memory is more than the {whose}'s {limit / 1e9:.3g} GB"
    return None


def check_predictions(
    analysis: Analysis, family: str, forecasts: Forecasts, answers: tuple[CellAnswer, ...]
) -> Quality:
    """Each measured size left out in turn: what is predicted there from all others, and which method is picked."""
    inner, ends = forecasts.printed("between"), forecasts.printed("above") + forecasts.printed("below")
    regrets = check_regrets(analysis, family)
    picks = list(_check_picks(analysis, family, forecasts, answers))
    return Quality(
        family=family,
        left_out=len(inner),
        error=_find_middle([error for miss in inner for error in miss.errors]),
        coverage=forecasts.count_covered("between").share,
        cells=len(picks),
        picks=sum(picks) / len(picks) if picks else math.nan,
        beyond=len(ends),
        beyond_error=_find_middle([error for miss in ends for error in miss.errors]),
        beyond_coverage=pool_coverages([forecasts.count_covered(where) for where in ("above", "below")]).share,
        processes=regrets.total,
        held=regrets.share,
    )


def _find_middle(errors: list[float]) -> float:
    return math.exp(float(np.median(np.abs(errors)))) - 1 if errors else math.nan


def _check_picks(analysis: Analysis, family: str, forecasts: Forecasts, answers: tuple[CellAnswer, ...]) -> list[bool]:
    """Whether the pick of each left-out cell is close to the best: by the regrets around it, else by the times."""
    known = {analysis.key(series): series for series in analysis.series(family)}
    found = []
    for (key, _), cells in group_answers(answers).items():
        for before, cell, after in zip(cells, cells[1:], cells[2:], strict=False):
            measured = {c.row: c.seconds.value for c in cell.candidates}
            guesses = {row: forecasts.guess(known[key], row, cell.size) for row in measured}
            guesses = {row: guess for row, guess in guesses.items() if not math.isnan(guess)}
            if len(measured) < 2 or not guesses:
                continue
            pick = rank_rows(guesses, merge_regrets([before, after]))[0]
            found.append(measured[pick] <= (1 + CLOSE) * min(measured.values()))
    return found
