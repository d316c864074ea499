"""Section 10: what the first call costs, and after how many calls a compiled form has paid for itself."""

import math

import numpy as np

from ..analysis import Analysis
from ..plots import Line, draw_calls
from ..points import Point, Series
from ..statistics import Estimate
from ..text import count, write_count, write_ratio, write_seconds, write_size
from .blocks import Block, Cell, Figure, Figures, Section, Table, Text, columns, missing, spread
from .common import MOST_ROWS, colours, is_other_form, name_series, place_data, size_cell

ID, TITLE = "compilation", "First call and compilation"


def build(analysis: Analysis) -> Section:
    """First calls of every row, and break-even counts of compiled forms."""
    first, pays, figures = [], [], []
    for series in analysis.series():
        for row in analysis.rows(series):
            first += [
                _tabulate_first(analysis, series, p)
                for p in analysis.points(series, row)
                if "~" not in row and p.first_call_s >= 0 and p.ok
            ]
        for row in analysis.rows(series):
            base = row.partition(":")[0]
            if row.endswith(":compiled") and base in analysis.rows(series):
                found = [
                    line
                    for d in analysis.sizes(series)
                    if (line := _tabulate_pay(analysis, series, d, row, base)) is not None
                ]
                pays += found
                figure = _draw(analysis, series, row, base) if found and analysis.is_sweep(series) else None
                if figure is not None:
                    figures.append(figure)
    if not first:
        return missing(ID, TITLE, "No first call was recorded.")
    blocks: list[Block] = []
    if pays:
        heads = columns(
            ("place", "Place"),
            ("row", "Form"),
            ("size", "Size", True),
            ("setup", "Set-up more than eager", True),
            ("call", "Time of a call", True),
            ("ratio", "Eager / compiled", True),
            ("calls", "Pays after"),
        )
        blocks.append(
            Table(
                "compilation",
                "After how many calls a compiled form has paid for its compilation",
                heads,
                tuple(pays),
                folded=len(pays) > MOST_ROWS,
            )
        )
    else:
        blocks.append(
            Text("No method was timed both eager and compiled at one place, so there is nothing to weigh.", "note")
        )
    if figures:
        blocks.append(Figures("Total time by number of calls, set-up included", tuple(figures)))
    heads = columns(
        ("place", "Place"),
        ("row", "Row"),
        ("form", "Form"),
        ("size", "Size", True),
        ("build", "Build", True),
        ("compile", "Compile", True),
        ("first", "First call", True),
        ("median", "Later calls", True),
    )
    blocks.append(
        Table(
            "first-calls", "First calls (one number each: it happens once a process)", heads, tuple(first), folded=True
        )
    )
    return Section(ID, TITLE, tuple(blocks))


def _setup(point: Point) -> float:
    """Seconds before the steady state: build, compile and what the first call takes beyond a later one.

    Where a compilation happens inside the first call, `first_call_s` holds it and `compile_s` names it: it counts once.
    """
    parts = [0.0 if math.isnan(v) else v for v in (point.build_s, point.compile_s, point.first_call_s)]
    build, compile_, first = parts
    extra = max(first - point.seconds.value, 0.0)
    return build + max(compile_, extra)


def _tabulate_first(analysis: Analysis, series: Series, p: Point) -> dict[str, Cell]:
    return {
        "place": Cell(name_series(analysis, series), place_data(series)),
        "row": Cell(p.row, {"row": p.row}),
        "form": Cell(p.form or "–", {"form": p.form}),
        "size": size_cell(series.axis, p.size),
        "build": Cell(write_seconds(p.build_s), {"build_s": p.build_s}),
        "compile": Cell(write_seconds(p.compile_s), {"compile_s": p.compile_s}),
        "first": Cell(write_seconds(p.first_call_s), {"first_call_s": p.first_call_s}),
        "median": Cell(write_seconds(p.seconds), spread("seconds", p.seconds)),
    }


def _tabulate_pay(analysis: Analysis, series: Series, size: float, row: str, base: str) -> dict[str, Cell] | None:
    compiled, eager = analysis.point(series, size, row), analysis.point(series, size, base)
    ratio = analysis.ratio(series, size, base, row)
    if compiled is None or eager is None or ratio is None:
        return None
    more = _setup(compiled) - _setup(eager)
    text, tone, calls = _count_calls(analysis, series, size, row, base, ratio, more, compiled.seconds)
    return {
        "place": Cell(name_series(analysis, series), place_data(series)),
        "row": Cell(row, {"row": row, "eager": base}),
        "size": size_cell(series.axis, size),
        "setup": Cell(write_seconds(more) if more > 0 else "none", {"setup_more_s": more}),
        "call": Cell(write_seconds(compiled.seconds), spread("seconds", compiled.seconds)),
        "ratio": Cell(f"{write_ratio(ratio)} ×", spread("eager_over_compiled", ratio)),
        "calls": Cell(text, calls, tone),
    }


def _count_calls(
    analysis: Analysis,
    series: Series,
    size: float,
    row: str,
    base: str,
    ratio: Estimate,
    more: float,
    seconds: Estimate,
):
    """Break-even calls from the paired ratio's interval; only where the compiled form is the faster by verdict."""
    word = analysis.verdict(series, size, row, base).word
    empty = {"calls": None, "calls_low": None, "calls_high": None, "verdict": word}
    if word != "faster":
        return (
            {"slower": "never: slower", "same": "never: the same speed"}.get(word, "undetermined"),
            "undecided",
            empty,
        )
    if more <= 0:
        return "the first", "good", empty | {"calls": 1.0}
    # Saving of one call: (eager - compiled) = compiled x (ratio - 1).
    value, low, high = (more / (seconds.value * (r - 1)) for r in (ratio.value, ratio.high, ratio.low))
    calls = Estimate(value, low, high)
    data = spread("calls", calls) | {"verdict": word}
    text = f"{write_count(calls.value)} [{write_count(calls.low)}, {write_count(calls.high)}] calls"
    return text, "", data


def _draw(analysis: Analysis, series: Series, row: str, base: str) -> Figure | None:
    """At the largest size where the compiled form is the faster."""
    sizes = [d for d in analysis.sizes(series) if analysis.verdict(series, d, row, base).word == "faster"]
    if not sizes:
        return None
    # The size where most is at stake for the reader: the middle of those where it helps.
    size = sizes[len(sizes) // 2]
    compiled, eager = analysis.point(series, size, row), analysis.point(series, size, base)
    assert compiled is not None
    assert eager is not None
    palette = colours(analysis, series.family)
    saving = eager.seconds.value - compiled.seconds.value
    meet = (_setup(compiled) - _setup(eager)) / saving if saving > 0 else math.nan
    most = max(10.0, 100 * meet) if meet > 0 else 1e4
    calls = [float(c) for c in np.geomspace(1, most, 60)]
    lines, table = [], []
    for point in (eager, compiled):
        totals = [_setup(point) + c * point.seconds.value for c in calls]
        lines.append(
            Line(
                point.row,
                palette[point.row],
                calls,
                [Estimate(t, math.nan, math.nan) for t in totals],
                dashed=is_other_form(point.row),
            )
        )
        for c in (1.0, 10.0, 100.0, 1000.0, 10000.0, 100000.0):
            if c <= most:
                total = _setup(point) + c * point.seconds.value
                table.append(
                    {
                        "row": Cell(point.row, {"row": point.row}),
                        "calls": Cell(write_size(c), {"calls": c}),
                        "total": Cell(write_seconds(total), {"total_s": total}),
                    }
                )
    pays = [(meet, _setup(eager) + meet * eager.seconds.value)] if meet > 1 else []
    place, name = (
        name_series(analysis, series),
        f"calls-{analysis.key(series)}-{row.replace(':', '-').replace('_', '-')}",
    )
    told = f"pays after {count(round(meet), 'call')}" if pays else "pays from the first call"
    alt = (
        f"Total time against the number of calls of {base} and {row} at {series.axis} = {write_size(size)} on {place}: "
        f"compiling {told}."
    )
    title = f"{place}: {row} at {series.axis} = {write_size(size)} {told}"
    heads = columns(("row", "Row"), ("calls", "Calls", True), ("total", "Total time", True))
    return Figure(
        name,
        title,
        draw_calls(name, alt, lines, pays),
        alt,
        Table(name, "Total time", heads, tuple(table), folded=True),
    )
