"""Section 4: seconds against the size."""

from typing import Any

import numpy as np

from ..analysis import Analysis, Series
from ..plots import draw_scaling
from ..text import write_seconds
from .blocks import Block, Cell, Figure, Figures, Section, Table, Text, columns, missing, spread
from .common import colours, make_line, name_series, size_cell, themes

ID, TITLE = "scaling", "Scaling"


def build(analysis: Analysis) -> Section:
    """Log-log panels by theme and place."""
    blocks: list[Block] = []
    for series in analysis.series():
        figures = tuple(
            f
            for j, theme in enumerate(themes(analysis, series))
            if (f := _draw(analysis, series, j, *theme)) is not None
        )
        if figures:
            blocks.append(Figures(f"{series.family} on {name_series(analysis, series)}", figures))
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


def _draw(analysis: Analysis, series: Series, number: int, title: str, rows: tuple[str, ...]) -> Figure | None:
    palette = colours(analysis, series.family)
    lines = [line for row in rows if (line := make_line(analysis, series, row, palette[row])) is not None]
    if not lines:
        return None
    place = name_series(analysis, series)
    name = f"scaling-{analysis.key(series)}-{number + 1}"
    shown = [line.label for line in lines]
    alt = f"Time of one call against {series.axis}, both logarithmic, on {place}, for {', '.join(shown)}. " + " ".join(
        _describe(analysis, series, line.label) for line in lines
    )
    svg = draw_scaling(name, alt, lines, series.axis, _trace_roofline(analysis, series, shown))
    return Figure(name, _entitle(analysis, series, title, shown), svg, alt, _tabulate(analysis, series, name, shown))


def _entitle(analysis: Analysis, series: Series, title: str, rows: list[str]) -> str:
    """The theme, and the finding at the largest size where its verdict holds."""
    words = f"{title[0].upper()}{title[1:]}"
    for size in reversed(analysis.sizes(series)):
        winner = analysis.winner(series, size, [row for row in rows if row in analysis.gradient_rows(series)])
        if winner.state == "won" and winner.margin is not None:
            return f"{words}: {winner.rows[0]} is the fastest at {series.axis} = {size:,.0f}"
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
    """Seconds at the measured ceiling of the floor row's work, or of the panel's least work."""
    floor = analysis.floor_row(series)
    chosen = [floor] if floor in rows else rows
    trace = []
    for size in analysis.sizes(series):
        points = [p for row in chosen if (p := analysis.point(series, size, row)) is not None]
        seconds = [s for p in points if (s := analysis.attainable(series, p)) is not None]
        if seconds:
            trace.append((size, min(seconds)))
    sizes, seconds = zip(*trace, strict=True) if len(trace) > 1 else ((), ())
    return (list(sizes), list(seconds)) if sizes else None


def _tabulate(analysis: Analysis, series: Series, name: str, rows: list[str]) -> Table:
    lines = []
    for row in rows:
        fit = analysis.exponent(series, row)
        for point in analysis.points(series, row):
            fitted = fit.predict(point.size) if fit is not None and not fit.estimate.undetermined else float("nan")
            fitted = None if np.isnan(fitted) else float(fitted)
            cells: dict[str, Any] = {"row": Cell(row, {"row": row}), "size": size_cell(series.axis, point.size)}
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
    heads = columns(
        ("row", "Row"),
        ("size", series.axis, True),
        ("seconds", "Time", True),
        ("minimum", "Minimum", True),
        ("samples", "Samples", True),
        ("fitted", "Fitted", True),
        ("roofline", "Roofline", True),
        ("outcome", "Outcome"),
    )
    return Table(name, "Times by size", heads, tuple(lines), folded=True)
