"""Section 4: seconds against the size."""

from typing import Any

import numpy as np

from ..analysis import Analysis
from ..plots import draw_scaling, tell_apart
from ..points import Series
from ..text import write_seconds
from .blocks import Block, Cell, Column, Figure, Figures, Section, Table, Text, columns, missing, spread
from .common import PLACE, colours, make_line, name_series, place_cell, size_cell
from .themes import Panel, themes

ID, TITLE = "scaling", "Scaling"
# Of more panels than this the first four tell the story; the others open on a click.
MOST_PANELS = 6


def build(analysis: Analysis) -> Section:
    """Log-log panels by theme and place; a table where there are too few sizes for a line."""
    blocks: list[Block] = []
    short: list[dict[str, Cell]] = []
    for series in analysis.series():
        if not analysis.is_sweep(series):
            short += _list_times(analysis, series, [row for row in analysis.rows(series) if "~" not in row])
            continue
        figures = [
            f
            for j, panel in enumerate(themes(analysis, series))
            if (f := _draw(analysis, series, j, panel)) is not None
        ]
        place = f"{series.family} on {name_series(analysis, series)}"
        first = len(figures) if len(figures) <= MOST_PANELS else 4
        if figures:
            blocks.append(Figures(place, tuple(figures[:first])))
        if figures[first:]:
            blocks.append(Figures(f"{place}: more methods", tuple(figures[first:]), folded=True))
    if short:
        caption = "Times where fewer than three sizes were measured"
        blocks.append(Table("scaling-points", caption, (PLACE, *_head("Size")), tuple(short), folded=True))
    if not blocks:
        return missing(ID, TITLE, "Nothing was timed.")
    guide = (
        "Points are medians with their 95 % interval (often smaller than the point), lines the fitted floor + "
        "power. A cross is where memory "
        "ran out, a triangle where time did, both at the time the fit or the cost formula predicts. The dotted "
        "roofline is the time of the "
        "panel's least work at the ceiling measured on this machine. Hollow points and dashes are compiled forms."
    )
    return Section(ID, TITLE, (Text(guide, "note"), *blocks))


def _draw(analysis: Analysis, series: Series, number: int, panel: Panel) -> Figure | None:
    palette = colours(analysis, series.family)
    shown, lines = [], []
    for row in panel.rows:
        line = make_line(analysis, series, row, palette[row], panel.names.get(row, ""))
        if line is not None:
            shown.append(row)
            lines.append(line)
    if not lines:
        return None
    place = name_series(analysis, series)
    name = f"scaling-{analysis.key(series)}-{number + 1}"
    alt = f"Time of one call against {series.axis}, both logarithmic, on {place}, for {', '.join(shown)}. " + " ".join(
        _describe(analysis, series, row) for row in shown
    )
    svg = draw_scaling(name, alt, tell_apart(lines), series.axis, _trace_roofline(analysis, series, shown))
    times = tuple(_list_times(analysis, series, shown))
    table = Table(name, "Times by size", _head(series.axis), times, folded=True)
    return Figure(name, _entitle(analysis, series, panel.title, shown), svg, alt, table)


def _entitle(analysis: Analysis, series: Series, title: str, rows: list[str]) -> str:
    """The theme, and the finding at the largest size where its verdict holds: over all rows, not the panel's alone."""
    words = f"{title[0].upper()}{title[1:]}"
    for question in analysis.questions(series.family):
        kind = "" if question == "gradient" else f" {question}"
        for size in reversed(analysis.sizes(series)):
            candidates = analysis.candidates(series, size, question)
            if sum(row in candidates for row in rows) < 2:
                continue
            winner = analysis.winner(series, size, candidates)
            if winner.state == "won" and winner.margin is not None and winner.rows[0] in rows:
                return f"{words}: {winner.rows[0]} is the fastest{kind} at {series.axis} = {size:,.0f}"
            if winner.state != "none":
                break
    return words


def _describe(analysis: Analysis, series: Series, row: str) -> str:
    points = [p for p in analysis.points(series, row) if p.ok]
    first, last = points[0], points[-1]
    return (
        f"{row}: {write_seconds(first.seconds.value)} at {first.size:,.0f} to {write_seconds(last.seconds.value)} "
        f"at {last.size:,.0f}."
    )


def _trace_roofline(analysis: Analysis, series: Series, rows: list[str]) -> tuple[list[float], list[float]] | None:
    """Seconds at the measured ceiling of the curve's state: of the floor row's work, or of the panel's least work."""
    floor = analysis.floor_row(series)
    chosen = [floor] if floor in rows else rows
    trace = []
    for size in analysis.sizes(series):
        points = [p for row in chosen if (p := analysis.point(series, size, row)) is not None]
        seconds = [s for p in points if (s := analysis.attainable(series, p, curve=True)) is not None]
        if seconds:
            trace.append((size, min(seconds)))
    sizes, seconds = zip(*trace, strict=True) if len(trace) > 1 else ((), ())
    return (list(sizes), list(seconds)) if sizes else None


def _head(axis: str) -> tuple[Column, ...]:
    return columns(
        ("row", "Row"),
        ("size", axis, True),
        ("seconds", "Time", True),
        ("minimum", "Minimum", True),
        ("samples", "Samples", True),
        ("fitted", "Fitted", True),
        ("roofline", "Roofline", True),
        ("outcome", "Outcome"),
    )


def _list_times(analysis: Analysis, series: Series, rows: list[str]) -> list[dict[str, Cell]]:
    lines = []
    for row in rows:
        fit = analysis.exponent(series, row)
        for point in analysis.points(series, row):
            fitted = fit.predict(point.size) if fit is not None and fit.grows else float("nan")
            fitted = None if np.isnan(fitted) else float(fitted)
            cells: dict[str, Any] = {
                "place": place_cell(analysis, series),
                "row": Cell(row, {"row": row}),
                "size": size_cell(series.axis, point.size),
            }
            if point.ok:
                cells |= {
                    "seconds": Cell(write_seconds(point.seconds), spread("seconds", point.seconds)),
                    "minimum": Cell(write_seconds(point.minimum), {"minimum_s": point.minimum}),
                    "samples": Cell(str(point.seconds.n), {"samples": point.seconds.n}),
                }
            attainable = analysis.attainable(series, point)
            cells |= {
                "fitted": Cell(write_seconds(fitted), {"fitted_s": fitted}),
                "roofline": Cell(write_seconds(attainable), {"roofline_s": attainable}),
                "outcome": Cell(
                    "ran" if point.ok else point.outcome,
                    {"outcome": point.outcome, "reason": point.reason},
                    "" if point.ok else "off",
                    point.reason,
                ),
            }
            lines.append(cells)
    return lines
