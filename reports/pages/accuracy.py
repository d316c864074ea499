"""Section 8: the error of the very results that were timed, and what accuracy costs."""

import math

from ..analysis import Analysis
from ..plots import Line, draw_accuracy, tell_apart
from ..points import Series
from ..statistics import Estimate
from ..text import write_error, write_seconds, write_size
from .blocks import Block, Cell, Column, Figure, Figures, Section, Table, Text, columns, missing, spread
from .common import PLACE, colours, is_other_form, name_series, place_cell, size_cell
from .fronts import show_fronts
from .qualities import show_qualities
from .themes import themes

ID, TITLE = "accuracy", "Accuracy against cost"
UNKNOWN = "–"


def build(analysis: Analysis) -> Section:
    """Errors by size against their tolerance; the Pareto front where methods differ in accuracy by choice."""
    blocks: list[Block] = []
    sweeps = [series for series in analysis.series() if analysis.is_sweep(series)]
    figures = tuple(f for s in sweeps if (f := _draw(analysis, s)) is not None)
    short = [line for s in analysis.series() if s not in sweeps for line in _list_errors(analysis, s)]
    if not figures and not short:
        return missing(ID, TITLE, "No error was recorded.")
    blocks.append(
        Text(
            (
                "Relative error of the timed result against the float64 oracle, the worst process. An exact method's "
                "result above its tolerance is not timed; a solver's tolerance is one of its residual, an adaptive "
                "rule's one of its steps. The tables say what each number is: against the reference entry by entry, "
                "the same norm by random probes where the reference is too large to form, or the residual of the "
                "equation that the true result solves."
            ),
            "note",
        )
    )
    if figures:
        blocks.append(Figures("Error by size", figures))
    if short:
        caption = "Errors where fewer than three sizes were measured"
        blocks.append(Table("accuracy-points", caption, (PLACE, *_head("Size", short)), tuple(short), folded=True))
    for family in analysis.families:
        exact = f"{family}: every method is exact, so accuracy is no choice and there is no front to trade on."
        blocks += show_fronts(analysis, family) or [Text(exact)]
        blocks += show_qualities(analysis, family)
    wrong = [
        (series, p)
        for series in analysis.series()
        for row in analysis.rows(series)
        for p in analysis.points(series, row)
        if p.outcome == "wrong"
    ]
    if wrong:
        rows = tuple(
            {
                "place": place_cell(analysis, s),
                "row": Cell(p.row, {"row": p.row}),
                "size": size_cell(s.axis, p.size),
                "error": Cell(write_error(p.error), {"error": p.error}, "bad"),
                "reason": Cell(p.reason, {"reason": p.reason}),
            }
            for s, p in wrong
        )
        heads = columns(
            ("place", "Place"), ("row", "Row"), ("size", "Size", True), ("error", "Error", True), ("reason", "Reason")
        )
        blocks.append(Table("wrong", "Wrong results, not timed", heads, rows, folded=len(rows) > 15))
    return Section(ID, TITLE, tuple(blocks))


def _draw(analysis: Analysis, series: Series) -> Figure | None:
    palette, lines, wrong = colours(analysis, series.family), [], []
    tolerances: dict[float, set[float]] = {}
    panels = themes(analysis, series)
    chosen = set(panels[0].rows) if panels else set()
    for row in analysis.rows(series):
        points = [p for p in analysis.points(series, row) if p.error > 0]
        if row in chosen and not is_other_form(row):
            right = [p for p in points if p.outcome != "wrong"]
            if right:
                lines.append(
                    Line(
                        row,
                        palette[row],
                        [p.size for p in right],
                        [Estimate(p.error, math.nan, math.nan, 1) for p in right],
                    )
                )
            wrong += [(row, p) for p in points if p.outcome == "wrong"]
            for p in points:
                if p.tolerance > 0:
                    tolerances.setdefault(p.size, set()).add(p.tolerance)
    if not lines:
        return None
    name, place = f"accuracy-{analysis.key(series)}", name_series(analysis, series)
    worst = max((v.value, line.label, x) for line in lines for x, v in zip(line.sizes, line.values, strict=True))
    alt = (
        f"Relative error against {series.axis} on {place}; the largest is {worst[0]:.1e}, "
        f"of {worst[1]} at {write_size(worst[2])}."
    )
    lines = tell_apart(lines)
    drawn = {line.label: line.colour for line in lines}
    wrong = [(row, drawn.get(row, palette[row]), p.size, p.error) for row, p in wrong]
    # One line for all; rows with tolerances of their own have them in the table.
    shared = all(len(found) == 1 for found in tolerances.values())
    trace = sorted((size, value) for size, (value,) in tolerances.items()) if shared else []
    svg = draw_accuracy(name, alt, lines, series.axis, trace, wrong)
    errors = _list_errors(analysis, series)
    table = Table(name, f"Errors on {place}", _head(series.axis, errors), tuple(errors), folded=True)
    return Figure(name, place, svg, alt, table)


def _head(axis: str, errors: list[dict[str, Cell]]) -> tuple[Column, ...]:
    told = any(cells["measure"].text != UNKNOWN for cells in errors)  # older records do not say
    return columns(
        ("row", "Row"),
        ("size", axis, True),
        ("error", "Error", True),
        *([("measure", "By")] if told else []),
        ("tolerance", "Tolerance", True),
        ("seconds", "Time", True),
    )


def _list_errors(analysis: Analysis, series: Series) -> list[dict[str, Cell]]:
    return [
        {
            "place": place_cell(analysis, series),
            "row": Cell(row, {"row": row}),
            "size": size_cell(series.axis, p.size),
            "error": Cell(write_error(p.error), {"error": p.error}, "bad" if p.outcome == "wrong" else ""),
            "measure": Cell(p.measure or UNKNOWN, {"measure": p.measure}),
            "tolerance": Cell(write_error(p.tolerance), {"tolerance": p.tolerance}),
            "seconds": Cell(write_seconds(p.seconds if p.ok else None), spread("seconds", p.seconds if p.ok else None)),
        }
        for row in analysis.rows(series)
        for p in analysis.points(series, row)
        if p.error > 0 and "~" not in row
    ]
