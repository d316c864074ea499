"""Section 10: what the first call costs, and after how many calls a compiled form has paid for itself."""

import math

import numpy as np

from ..analysis import Analysis
from ..plots import Line, draw_calls
from ..points import Point, Series
from ..statistics import Estimate, estimate_payoff
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
                if "~" not in row and _median(p, "first_call_s") >= 0 and p.ok
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
            ("cold", "Compile, nothing cached", True),
            ("setup", "Set-up more than eager", True),
            ("call", "Time of a call", True),
            ("ratio", "Eager / compiled", True),
            ("calls", "Pays after"),
        )
        blocks.append(
            Table(
                "compilation",
                "After how many calls a compiled form has paid for its compilation, nothing cached",
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
        ("cold", "Compile, nothing cached", True),
        ("cached", "Compile, disk cache warm", True),
        ("first", "First call", True),
        ("median", "Later calls", True),
    )
    blocks.append(
        Table(
            "first-calls",
            "First calls, of processes that found nothing cached: one number each, it happens once a process",
            heads,
            tuple(first),
            folded=True,
        )
    )
    return Section(ID, TITLE, tuple(blocks))


def _setups(point: Point) -> list[float]:
    """Seconds before the steady state, of each process that found nothing cached: build, compile and what the first
    call takes beyond a later one.

    `torch.compile` compiles inside the first call, JAX while it builds: it counts once. Empty where a compiled row has
    no such process.
    """
    inside = 1.0 if point.form == "compiled" else 0.0
    return [
        _known(start.build_s)
        + max(inside * _known(start.compile_cold_s), _known(start.first_call_s) - point.seconds.value, 0.0)
        for start in point.cold_starts
    ]


def _setup(point: Point) -> float:
    """The middle of them, NaN where there is none."""
    setups = _setups(point)
    return float(np.median(setups)) if setups else math.nan


def _known(seconds: float) -> float:
    return 0.0 if math.isnan(seconds) else seconds


def _median(point: Point, name: str) -> float:
    """Median over the processes that found nothing cached; of compiling from a cache, over those that found one."""
    starts = point.starts.values() if name == "compile_cached_s" else point.cold_starts
    known = [value for start in starts if not math.isnan(value := getattr(start, name))]
    return float(np.median(known)) if known else math.nan


def _cold_cell(point: Point) -> Cell:
    cold = _median(point, "compile_cold_s")
    return Cell(write_seconds(cold), {"compile_cold_s": cold})


def _tabulate_first(analysis: Analysis, series: Series, p: Point) -> dict[str, Cell]:
    build, cached, first = (_median(p, name) for name in ("build_s", "compile_cached_s", "first_call_s"))
    return {
        "place": Cell(name_series(analysis, series), place_data(series)),
        "row": Cell(p.row, {"row": p.row}),
        "form": Cell(p.form or "–", {"form": p.form}),
        "size": size_cell(series.axis, p.size),
        "build": Cell(write_seconds(build), {"build_s": build}),
        "cold": _cold_cell(p),
        "cached": Cell(write_seconds(cached), {"compile_cached_s": cached}),
        "first": Cell(write_seconds(first), {"first_call_s": first}),
        "median": Cell(write_seconds(p.seconds), spread("seconds", p.seconds)),
    }


def _tabulate_pay(analysis: Analysis, series: Series, size: float, row: str, base: str) -> dict[str, Cell] | None:
    compiled, eager = analysis.point(series, size, row), analysis.point(series, size, base)
    ratio = analysis.ratio(series, size, base, row)
    if compiled is None or eager is None or ratio is None:
        return None
    setups = [setup - _setup(eager) for setup in _setups(compiled)]
    more = float(np.median(setups)) if setups else math.nan
    word = analysis.verdict(series, size, row, base).word
    text, tone, calls = _count_calls(word, ratio, setups, compiled.seconds)
    told = write_seconds(more) if not more <= 0 else "none"
    return {
        "place": Cell(name_series(analysis, series), place_data(series)),
        "row": Cell(row, {"row": row, "eager": base}),
        "size": size_cell(series.axis, size),
        "cold": _cold_cell(compiled),
        "setup": Cell(told, {"setup_more_s": more, "cold_processes": len(setups)}),
        "call": Cell(write_seconds(compiled.seconds), spread("seconds", compiled.seconds)),
        "ratio": Cell(f"{write_ratio(ratio)} ×", spread("eager_over_compiled", ratio)),
        "calls": Cell(text, calls | {"verdict": word}, tone),
    }


def _count_calls(word: str, ratio: Estimate, setups: list[float], seconds: Estimate):
    """Break-even calls; only where the compiled form is the faster by verdict."""
    empty = {"calls": None, "calls_low": None, "calls_high": None}
    never = {"slower": "never: slower", "same": "never: the same speed"}
    if word != "faster":
        return never.get(word, "undetermined"), "undecided", empty
    if not setups:
        return "compiling with nothing cached was not timed", "undecided", empty
    middle = float(np.median(setups))
    if middle <= 0:
        return "the first", "good", empty | {"calls": 1.0}
    # Where some process spent less than eager the others say nothing of how they spread.
    calls = estimate_payoff(setups if min(setups) > 0 else [middle], seconds, ratio)
    bounds = "" if calls.undetermined else f" [{write_count(calls.low)}, {write_count(calls.high)}]"
    return f"{write_count(calls.value)}{bounds} calls", "", spread("calls", calls)


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
    if math.isnan(_setup(compiled)):
        return None
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
