"""Section 8: the error of the very results that were timed, and what accuracy costs."""

import math

from ..analysis import Analysis, Point, Series
from ..plots import Line, draw_accuracy
from ..statistics import Estimate
from ..text import write_error, write_seconds, write_size
from .blocks import Block, Cell, Figure, Figures, Section, Table, Text, columns, missing, spread
from .common import colours, is_other_form, name_series, place_data, size_cell, themes

ID, TITLE = "accuracy", "Accuracy against cost"


def build(analysis: Analysis) -> Section:
    """Errors by size against their tolerance; the Pareto front where methods differ in accuracy by choice."""
    blocks: list[Block] = []
    figures = tuple(f for s in analysis.series() if (f := _draw(analysis, s)) is not None)
    if not figures:
        return missing(ID, TITLE, "No error was recorded.")
    blocks.append(
        Text(
            (
                "Relative error of the timed result against the float64 oracle, the worst process. A result above "
                "its tolerance is not timed."
            ),
            "note",
        )
    )
    blocks.append(Figures("Error by size", figures))
    for family in analysis.families:
        blocks.append(
            _tabulate_front(analysis, family)
            or Text(f"{family}: every method is exact, so accuracy is no choice and there is no front to trade on.")
        )
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
                "place": Cell(name_series(analysis, s), place_data(s)),
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
        blocks.append(Table("wrong", "Wrong results, not timed", heads, rows))
    return Section(ID, TITLE, tuple(blocks))


def _draw(analysis: Analysis, series: Series) -> Figure | None:
    palette, lines, table, tolerances, wrong = colours(analysis, series.family), [], [], {}, []
    panels = themes(analysis, series)
    chosen = set(panels[0][1]) if panels else set()
    for row in analysis.rows(series):
        points = [p for p in analysis.points(series, row) if p.error > 0 and "~" not in row]
        if not points:
            continue
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
            wrong += [(row, palette[row], p.size, p.error) for p in points if p.outcome == "wrong"]
            tolerances |= {p.size: p.tolerance for p in points if p.tolerance > 0}
        for p in points:
            table.append(
                {
                    "row": Cell(row, {"row": row}),
                    "size": size_cell(series.axis, p.size),
                    "error": Cell(write_error(p.error), {"error": p.error}, "bad" if p.outcome == "wrong" else ""),
                    "tolerance": Cell(write_error(p.tolerance), {"tolerance": p.tolerance}),
                    "seconds": Cell(
                        write_seconds(p.seconds if p.ok else None), spread("seconds", p.seconds if p.ok else None)
                    ),
                }
            )
    if not lines:
        return None
    name, place = f"accuracy-{analysis.key(series)}", name_series(analysis, series)
    worst = max((v.value, line.label, x) for line in lines for x, v in zip(line.sizes, line.values, strict=True))
    alt = (
        f"Relative error against {series.axis} on {place}; the largest is {worst[0]:.1e}, "
        f"of {worst[1]} at {write_size(worst[2])}."
    )
    heads = columns(
        ("row", "Row"),
        ("size", series.axis, True),
        ("error", "Error", True),
        ("tolerance", "Tolerance", True),
        ("seconds", "Time", True),
    )
    ordered = sorted(tolerances.items())
    svg = draw_accuracy(name, alt, lines, series.axis, ([x for x, _ in ordered], [y for _, y in ordered]), wrong)
    return Figure(name, place, svg, alt, Table(name, f"Errors on {place}", heads, tuple(table), folded=True))


def _tabulate_front(analysis: Analysis, family: str) -> Table | None:
    """At each size the methods that no other beats in both error and time."""
    rows = []
    for series in analysis.series(family):
        methods = [row for row in analysis.rows(series) if analysis.facts(series, row).role == "method"]
        if all(analysis.facts(series, row).exact for row in methods):
            continue
        for size in analysis.sizes(series):
            found = [
                p for row in methods if (p := analysis.point(series, size, row)) is not None and p.ok and p.error >= 0
            ]
            for p in sorted(_front(found), key=lambda p: p.seconds.value):
                rows.append(
                    {
                        "place": Cell(name_series(analysis, series), place_data(series)),
                        "size": size_cell(series.axis, size),
                        "row": Cell(p.row, {"row": p.row}),
                        "error": Cell(write_error(p.error), {"error": p.error}),
                        "seconds": Cell(write_seconds(p.seconds), spread("seconds", p.seconds)),
                        "products": Cell(f"{p.vjps + p.jvps:g}", {"vjps": p.vjps, "jvps": p.jvps}),
                    }
                )
    if not rows:
        return None
    heads = columns(
        ("place", "Place"),
        ("size", "Size", True),
        ("row", "Row"),
        ("error", "Error", True),
        ("seconds", "Time", True),
        ("products", "Products", True),
    )
    return Table(f"front-{family}", f"{family}: the Pareto front of error and time", heads, tuple(rows))


def _front(points: list[Point]) -> list[Point]:
    return [
        p
        for p in points
        if not any(
            q.error <= p.error
            and q.seconds.value <= p.seconds.value
            and (q.error, q.seconds.value) != (p.error, p.seconds.value)
            for q in points
        )
    ]
