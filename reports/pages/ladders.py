"""Methods whose names end in a number: their time (section 5) and their memory (section 7) against it."""

import math

import numpy as np

from ..analysis import Analysis
from ..plots import Line, draw_ladder, tell_apart
from ..points import Ladder, Point, Series
from ..statistics import Estimate, Exponent
from ..text import write_bytes, write_error, write_estimate, write_list, write_seconds, write_size
from .blocks import Block, Cell, Figure, Figures, Table, Text, columns, spread
from .common import colours, name_series, pick_series, place_cell, size_cell
from .themes import rank_loose

# What an unrolled iteration is held against: methods whose memory should not know how deep it is.
CONSTANT = ("jfb", "neumann", "gmres")
HEADS = (
    ("row", "Row"),
    ("value", "Number", True),
    ("size", "Size", True),
    ("seconds", "Time", True),
    ("peak", "Peak memory", True),
    ("error", "Error", True),
)


def show_times(analysis: Analysis) -> tuple[Block, ...]:
    """Time against the number, at the largest size where most of its rungs ran."""
    figures, rows = [], []
    for family in analysis.families:
        drawn = pick_series(analysis, family)
        for series in analysis.series(family):
            climbed = analysis.climbs(series)
            rows += [_tabulate(analysis, series, size, ladder) for ladder, size in climbed]
            if series in drawn:
                figures += [_draw_times(analysis, series, letter, found) for letter, found in _by_letter(climbed)]
    if not rows:
        return ()
    heads = columns(
        ("place", "Place"),
        ("ladder", "Method"),
        ("size", "Size", True),
        ("range", "From and to"),
        ("fitted", "Exponent of the number", True),
        ("floor", "Floor of a call", True),
        ("step", "Time of one more", True),
    )
    note = (
        "Methods whose name ends in a number, at one size each: the fit is time = floor + c · kᵖ. p = 1 says that "
        "every further term or step costs the same. Dashed: the fastest approximate gradient without such a number."
    )
    return (
        Figures("Time against the number in a method's name", tuple(figures)),
        Text(note, "note"),
        Table("ladders", "Exponents of the number in a method's name", heads, tuple(rows), folded=len(rows) > 20),
    )


def show_memory(analysis: Analysis) -> tuple[Block, ...]:
    """Peak bytes against the number where it is a depth: where it is not the only thing that grows."""
    figures = [
        figure
        for family in analysis.families
        for series in pick_series(analysis, family)
        for letter, climbed in _by_letter(analysis.climbs(series))
        if (figure := _draw_memory(analysis, series, letter, climbed)) is not None
    ]
    if not figures:
        return ()
    note = f"Dashed: {write_list(CONSTANT)}, whose memory should not depend on how deep an iteration is unrolled."
    return Figures("Peak memory against depth", tuple(figures)), Text(note, "note")


def _by_letter(climbed: list[tuple[Ladder, float]]) -> list[tuple[str, list[tuple[Ladder, float]]]]:
    """Ladders over the same number belong into one figure."""
    letters = dict.fromkeys(ladder.letter for ladder, _ in climbed)
    return [(letter, [pair for pair in climbed if pair[0].letter == letter]) for letter in letters]


def _tabulate(analysis: Analysis, series: Series, size: float, ladder: Ladder) -> dict[str, Cell]:
    ran, fit = analysis.climb(series, size, ladder), analysis.ladder_exponent(series, size, ladder)
    assert fit is not None
    floor = None if math.isnan(fit.floor_s) else fit.floor_s
    (first, below), (last, above) = ran[0], ran[-1]
    step = (above.seconds.value - below.seconds.value) / (last - first)
    span = f"{ladder.letter} = {write_size(first)} to {write_size(last)}, {len(ran)} rungs"
    return {
        "place": place_cell(analysis, series),
        "ladder": Cell(ladder.name, {"ladder": ladder.name}),
        "size": size_cell(series.axis, size),
        "range": Cell(span, {"lowest": first, "highest": last, "rungs": len(ran)}),
        "fitted": Cell(_write_fit(fit), spread("fitted", fit.estimate), "", fit.reason),
        "floor": Cell(write_seconds(floor), {"floor_s": floor}),
        "step": Cell(write_seconds(step), {"step_s": step}),
    }


def _write_fit(fit: Exponent | None) -> str:
    return "–" if fit is None or fit.estimate.undetermined else write_estimate(fit.estimate)


def _draw_times(analysis: Analysis, series: Series, letter: str, climbed: list[tuple[Ladder, float]]) -> Figure:
    palette, lines, table, told = colours(analysis, series.family), [], [], []
    for ladder, size in climbed:
        ran, fit = analysis.climb(series, size, ladder), analysis.ladder_exponent(series, size, ladder)
        values, seconds = [value for value, _ in ran], [point.seconds for _, point in ran]
        lines.append(Line(ladder.stem, palette[ladder.rows[0]], values, seconds, curve=_trace(fit, values)))
        if fit is not None and fit.grows:
            told.append(f"`{ladder.stem}` as {letter}^{write_estimate(fit.estimate)}")
        table += [_list_rung(analysis, series, value, point) for value, point in ran]
    size = climbed[0][1]
    levels = []
    for row in rank_loose(analysis, series)[:1]:
        point = analysis.point(series, size, row)
        if point is not None and point.ok:
            levels.append(_make_level(row, palette[row], lines, point.seconds))
            table.append(_list_rung(analysis, series, None, point))
    place = f"{name_series(analysis, series)}, {series.axis} = {write_size(size)}"
    known = f"time of {write_list(told)}" if told else f"time against {letter}"
    alt = f"Time of one call against {letter} on {place}, both logarithmic: {known.replace('`', '')}."
    name = f"ladder-{_key(analysis, series, letter)}"
    svg = draw_ladder(name, alt, tell_apart([*lines, *levels]), len(lines), letter)
    title = f"{place}: {known}"
    return Figure(name, title, svg, alt, Table(name, f"Times by {letter}", columns(*HEADS), tuple(table), folded=True))


def _draw_memory(analysis: Analysis, series: Series, letter: str, climbed: list[tuple[Ladder, float]]) -> Figure | None:
    palette, lines, table, told = colours(analysis, series.family), [], [], []
    for ladder, size in climbed:
        ran = [(v, p) for v, p in analysis.climb(series, size, ladder) if p.peak_bytes > 0]
        # A number of terms keeps nothing: the cost formula knows where memory is meant to grow.
        if len(ran) < 2 or not ran[-1][1].formula_peak_bytes > ran[0][1].formula_peak_bytes:
            continue
        peaks = [Estimate(p.peak_bytes, math.nan, math.nan, 1) for _, p in ran]
        law = analysis.ladder_memory(series, size, ladder)
        values = [value for value, _ in ran]
        lines.append(Line(ladder.stem, palette[ladder.rows[0]], values, peaks, curve=_trace(law, values)))
        ends = f"{write_bytes(ran[0][1].peak_bytes)} to {write_bytes(ran[-1][1].peak_bytes)}"
        told.append(f"`{ladder.stem}` {ends}" + (f" (p = {text})" if (text := _write_fit(law)) != "–" else ""))
        table += [_list_rung(analysis, series, value, point) for value, point in ran]
    if not lines:
        return None
    size, levels = climbed[0][1], []
    for row in CONSTANT:
        point = analysis.point(series, size, row)
        if point is not None and point.ok and point.peak_bytes > 0:
            peak = Estimate(point.peak_bytes, math.nan, math.nan, 1)
            levels.append(_make_level(row, palette[row], lines, peak))
            table.append(_list_rung(analysis, series, None, point))
    place = f"{name_series(analysis, series)}, {series.axis} = {write_size(size)}"
    alt = f"Peak memory against {letter} on {place}, both logarithmic: {'; '.join(told).replace('`', '')}."
    name = f"depth-{_key(analysis, series, letter)}"
    svg = draw_ladder(name, alt, tell_apart([*lines, *levels]), len(lines), letter, memory=True)
    first, last = (write_bytes(lines[0].values[j].value) for j in (0, -1))
    title = f"{place}: `{lines[0].label}` {first} to {last}"
    heads = columns(*HEADS)
    return Figure(name, title, svg, alt, Table(name, f"Memory by {letter}", heads, tuple(table), folded=True))


def _key(analysis: Analysis, series: Series, letter: str) -> str:
    """A file name that tells k from K where case does not count."""
    return f"{analysis.key(series)}-{letter if letter.islower() else f'{letter.lower()}{letter.lower()}'}"


def _trace(fit: Exponent | None, values: list[float]) -> tuple[list[float], list[float]] | None:
    if fit is None or not fit.grows:
        return None
    grid = np.geomspace(values[0], values[-1], 60)
    return [float(x) for x in grid], [float(y) for y in fit.predict(grid)]


def _make_level(row: str, colour: str, lines: list[Line], value: Estimate) -> Line:
    ends = min(line.sizes[0] for line in lines), max(line.sizes[-1] for line in lines)
    return Line(row, colour, ends, [value] * 2)


def _list_rung(analysis: Analysis, series: Series, value: float | None, point: Point) -> dict[str, Cell]:
    return {
        "row": Cell(point.row, {"row": point.row}),
        "value": Cell("–" if value is None else write_size(value), {"number": value}),
        "size": size_cell(series.axis, point.size),
        "seconds": Cell(write_seconds(point.seconds), spread("seconds", point.seconds)),
        "peak": Cell(write_bytes(point.peak_bytes), {"peak_bytes": point.peak_bytes}),
        "error": Cell(write_error(point.error), {"error": point.error}),
    }
