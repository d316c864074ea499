"""What is recommended where nobody measured, and for an accuracy: the form's data and its tables (section 1)."""

import itertools
import json
import math
from typing import Any

import numpy as np

from ..analysis import ACCURACY, Analysis
from ..points import NOT_GRADIENTS, Series
from ..predict import CLOSE, REACH, Predictor
from ..text import write_error, write_list, write_seconds, write_size
from .blocks import Cell, Column, Table, columns, spread
from .common import PLACE, colours, name_place, place_cell, place_data, size_cell
from .winners import NAMES, find_winner, name_answer

# Largest errors that a reader of a family with approximate gradients may want.
ACCURACIES = (0.5, 1e-1, 1e-2, 1e-3, 1e-4, 1e-6)


def check_predictions(analysis: Analysis) -> str:
    """How well measured sizes are predicted from their neighbours alone, over twice the gap that predictions bridge."""
    errors = [
        abs(error)
        for series in analysis.series()
        for row in analysis.gradient_rows(series) or analysis.approximate_rows(series)
        for error in Predictor(analysis, series).held_out(row)
    ]
    if not errors:
        return ""
    middle, worst = (math.exp(np.quantile(errors, share)) for share in (0.5, 0.95))
    return (
        f"Checked by leaving out each measured size in turn, over twice the gap: off by a factor {middle:.2f} in the "
        f"median, {worst:.2f} for one in twenty. "
    )


def tabulate_accuracies(analysis: Analysis, family: str) -> Table | None:
    """The fastest row within an error, approximate ones included, at every size that was measured."""
    shown = [series for series in analysis.series(family) if analysis.approximate_rows(series)]
    palette, rows, lines = colours(analysis, family), [], []
    for series in shown:
        predictor = Predictor(analysis, series)
        for size in analysis.sizes(series):
            row = {"place": place_cell(analysis, series), "size": size_cell(series.axis, size)}
            for accuracy in ACCURACIES:
                answer = predictor.answer(size, accuracy)
                best, key = answer.best, f"e{accuracy:g}"
                row[key] = Cell("–", {}, "off")
                if best is not None:
                    tone = palette[best.row] + ("" if not answer.ties else " tie" if answer.settled else " open")
                    names = " = ".join((best.row, *answer.ties)) if answer.settled else best.row
                    more = "" if answer.settled else f"\nor {write_list(answer.ties)}"
                    row[key] = Cell(names, {}, tone, write_seconds(best.seconds) + more)
                lines.append(
                    place_data(series)
                    | {series.axis: size, "error_at_most": accuracy}
                    | {"row": best.row if best else None, "error": best.error if best else None}
                    | spread("seconds", best.seconds if best else None)
                    | {"ties": " ".join(answer.ties)}
                )
            rows.append(row)
    if not rows:
        return None
    heads = (PLACE, Column("size", shown[0].axis, True), *(Column(f"e{a:g}", f"≤ {a:g}") for a in ACCURACIES))
    caption = "Fastest gradient by the error that may be, approximate methods included"
    return Table(f"accuracy-{family}", caption, heads, tuple(rows), folded=True, grid=True, lines=tuple(lines))


def _round_sizes(analysis: Analysis, series: Series) -> list[float]:
    """1, 2, 5 times powers of ten, from the smallest size to the reach of extrapolation."""
    sizes = analysis.sizes(series)
    decades = range(math.floor(math.log10(sizes[0])), math.ceil(math.log10(sizes[-1] * REACH)) + 1)
    found = [lead * 10.0**power for power in decades for lead in (1, 2, 5)]
    return [size for size in found if sizes[0] <= size <= sizes[-1] * REACH]


def tabulate_predictions(analysis: Analysis, family: str) -> Table:
    """The recommended gradient of every sweep at round sizes."""
    rows, known, questions = [], analysis.series(family), analysis.questions(family)
    for series in known:
        # From one or two sizes nothing is known of any other.
        if not analysis.is_sweep(series):
            continue
        predictor = Predictor(analysis, series)
        for question, size in itertools.product(questions, _round_sizes(analysis, series)):
            answer = predictor.answer(size, computes=question)
            best = answer.best
            cells = {
                "place": place_cell(analysis, series),
                "question": Cell(NAMES.get(question, question), {"gradient_of": question}),
                "size": size_cell(series.axis, size),
            }
            if best is None:
                reason = "; ".join(sorted({p.reason for p in answer.excluded}))
                rows.append(cells | {"row": Cell("–", {"row": None}, "off"), "how": Cell(reason, {"how": reason})})
                continue
            names = " or ".join((best.row, *answer.ties[:2])) + (
                f" or {len(answer.ties) - 2} more" if len(answer.ties) > 2 else ""
            )
            rows.append(
                cells
                | {
                    "row": Cell(names, {"row": best.row, "ties": " ".join(answer.ties)}),
                    "seconds": Cell(write_seconds(best.seconds), spread("seconds", best.seconds)),
                    "error": Cell(write_error(best.error), {"error": best.error}),
                    "how": Cell(best.how, {"how": best.how}),
                }
            )
    heads = columns(
        ("place", "Place"),
        *([("question", "Gradient of")] if len(questions) > 1 else []),
        ("size", known[0].axis, True),
        ("row", "Recommended"),
        ("seconds", "Predicted time", True),
        ("error", "Error", True),
        ("how", "How it is known"),
    )
    return Table(
        f"predicted-{family}",
        f"{family}: recommended {name_answer(analysis, known[0])} at round sizes",
        heads,
        tuple(rows),
        folded=True,
    )


def pack_form(analysis: Analysis) -> str:
    """What the form's script needs, as JSON."""
    packed: dict[str, Any] = {"close": CLOSE, "accuracy": ACCURACY, "not_gradients": NOT_GRADIENTS, "families": {}}
    for family in analysis.families:
        entries = []
        for series in analysis.series(family):
            predictor = Predictor(analysis, series)
            entries.append(
                {
                    "place": name_place(analysis, series.place, family),
                    "fixed": dict(series.fixed),
                    "sizes": len(analysis.sizes(series)),
                    "winners": {
                        question: {
                            f"{size:g}": {"state": w.state, "rows": w.rows}
                            for size in analysis.sizes(series)
                            if (w := find_winner(analysis, series, size, question)).rows
                        }
                        for question in analysis.questions(family)
                    },
                    "rows": [_pack_row(analysis, series, predictor, row) for row in predictor.rows],
                }
            )
        axis, letters = analysis.series(family)[0].axis, analysis.letters(family)
        questions = analysis.questions(family)
        packed["families"][family] = {"axis": axis, "letters": letters, "questions": questions, "series": entries}
    return json.dumps(packed, separators=(",", ":"), sort_keys=True).replace("<", "\\u003c")


def _pack_row(analysis: Analysis, series: Series, predictor: Predictor, row: str) -> dict[str, Any]:
    fact = analysis.facts(series, row)
    points = analysis.points(series, row)
    limit, law = analysis.memory_bytes(series.place), analysis.memory_law(series, row)
    most = None
    if limit and law:
        grid = np.geomspace(series_reach := analysis.sizes(series)[-1], series_reach * REACH, 200)
        over = [float(size) for size in grid if law.predict(float(size)) > limit]
        most = over[0] if over else None
    failure, largest = analysis.first_failure(series, row), analysis.frontier(series, row).largest_ok
    ends = failure is not None and (largest is None or largest < failure.size)
    return {
        "row": row,
        "computes": fact.computes,
        "exact": fact.exact,
        "knots": [
            [_short(v) for v in (k.size, k.seconds.value, k.seconds.low, k.seconds.high)] for k in predictor.knots(row)
        ],
        "measured": [p.size for p in points if p.ok],
        "errors": [[p.size, _short(p.error)] for p in points if not math.isnan(p.error)],
        "refused": {f"{p.size:g}": f"{p.outcome}: {p.reason}".rstrip(": ") for p in points if not p.ok},
        "ends": [
            failure.size,
            f"{failure.outcome} at {series.axis} = {write_size(failure.size)}: {failure.reason}".rstrip(": "),
        ]
        if ends and failure
        else None,
        "memory_ends": most,
    }


def _short(value: float) -> float | None:
    """Six digits; null where there is no number: JSON has no NaN."""
    return None if math.isnan(value) else float(f"{value:.10g}")
