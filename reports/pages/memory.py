"""Section 7: memory, and the frontier of each row."""

import math

from ..analysis import Analysis
from ..plots import Line, draw_memory, tell_apart
from ..points import Series
from ..statistics import Estimate
from ..text import OUTCOME_WORDS, write_bytes, write_estimate, write_size
from .blocks import Block, Cell, Column, Figure, Figures, Section, Table, Text, columns, missing
from .common import MOST_ROWS, PLACE, colours, is_other_form, name_series, place_cell, size_cell
from .ladders import show_memory
from .themes import themes

ID, TITLE = "memory", "Memory and the frontier"


def build(analysis: Analysis) -> Section:
    """Peak bytes by size, the largest size that ran beside the smallest that did not, and memory against depth."""
    frontier, figures, short, instruments = [], [], [], set()
    for series in analysis.series():
        rows = [row for row in analysis.rows(series) if "~" not in row]
        for row in rows:
            points = analysis.points(series, row)
            instruments.update(p.peak_instrument or "not recorded" for p in points if p.peak_bytes > 0)
        if not analysis.is_sweep(series):
            short += _list_peaks(analysis, series, rows)
            continue
        frontier += [_tabulate_frontier(analysis, series, row) for row in rows]
        figure = _draw(analysis, series)
        if figure is not None:
            figures.append(figure)
    if not frontier and not short:
        return missing(ID, TITLE, "No peak memory was recorded, and no row was tried at enough sizes for a frontier.")
    heads = columns(
        ("place", "Place"),
        ("row", "Row"),
        ("largest", "Largest that ran", True),
        ("smallest", "Smallest that did not", True),
        ("why", "Why"),
        ("law", "Peak memory grows as", True),
    )
    many = len(frontier) > MOST_ROWS
    blocks: list[Block] = [Table("frontier", "The frontier of each row", heads, tuple(frontier), folded=many)]
    if figures:
        blocks.append(Figures("Peak memory by size", tuple(figures)))
    if short:
        caption = "Peak memory where fewer than three sizes were measured"
        blocks.append(Table("memory-points", caption, (PLACE, *_head("Size")), tuple(short), folded=True))
    if figures or short:
        blocks.append(
            Text(
                (
                    f"Measured with: {', '.join(sorted(instruments))}. The worst process is shown; it is one "
                    "number, without an interval."
                ),
                "note",
            )
        )
    else:
        blocks.append(Text("No peak memory was recorded.", "note"))
    return Section(ID, TITLE, (*blocks, *show_memory(analysis)))


def _tabulate_frontier(analysis: Analysis, series: Series, row: str) -> dict[str, Cell]:
    found, failure = analysis.frontier(series, row), analysis.first_failure(series, row)
    law = analysis.memory_law(series, row)
    others = [p for p in analysis.points(series, row) if p.outcome in ("wrong", "error")]
    why = OUTCOME_WORDS[failure.outcome] if failure else "never failed for size"
    if failure and failure.outcome == "over_budget":
        why += f" for {failure.limit}"
    note = failure.reason if failure else ""
    if others:
        note = "; ".join(
            [note] * bool(note) + [f"{OUTCOME_WORDS[p.outcome]} at {write_size(p.size)}: {p.reason}" for p in others]
        )
    exponent = law.estimate if law else None
    return {
        "place": place_cell(analysis, series),
        "row": Cell(row, {"row": row}),
        "largest": Cell(
            write_size(found.largest_ok) if found.largest_ok else "none", {"largest_ran": found.largest_ok}
        ),
        "smallest": Cell(
            write_size(found.smallest_failed) if found.smallest_failed else "none",
            {"smallest_failed": found.smallest_failed},
        ),
        "why": Cell(
            why,
            {"outcome": found.outcome, "limit": failure.limit if failure else None, "reason": note},
            "off" if failure else "",
            note,
        ),
        "law": Cell(
            f"{series.axis}^p, p = {write_estimate(exponent)}" if exponent and not exponent.undetermined else "–",
            {
                "memory_exponent": exponent.value if exponent else None,
                "memory_exponent_low": exponent.low if exponent else None,
                "memory_exponent_high": exponent.high if exponent else None,
            },
        ),
    }


def _draw(analysis: Analysis, series: Series) -> Figure | None:
    palette, lines = colours(analysis, series.family), []
    panels = themes(analysis, series)
    rows = [row for row in (panels[0].rows if panels else ()) if not is_other_form(row)]
    for row in rows:
        points = [p for p in analysis.points(series, row) if p.peak_bytes > 0]
        if not points:
            continue
        failure = analysis.first_failure(series, row)
        stops = []
        law = analysis.memory_law(series, row)
        if failure is not None and failure.limit == "memory":
            predicted = (
                failure.predicted_bytes
                if not math.isnan(failure.predicted_bytes)
                else law.predict(failure.size)
                if law
                else math.nan
            )
            stops = [] if math.isnan(predicted) else [(failure.size, predicted)]
        exact = [Estimate(p.peak_bytes, math.nan, math.nan, 1) for p in points]
        lines.append(Line(row, palette[row], [p.size for p in points], exact, memory_stops=stops))
    if not lines:
        return None
    name, place = f"memory-{analysis.key(series)}", name_series(analysis, series)
    ends = "; ".join(
        f"{line.label} {write_bytes(line.values[-1].value)} at {write_size(line.sizes[-1])}" for line in lines
    )
    alt = f"Peak memory against {series.axis} on {place}: {ends}."
    svg = draw_memory(name, alt, tell_apart(lines), series.axis, analysis.memory_bytes(series.place))
    peaks = tuple(_list_peaks(analysis, series, [row for row in analysis.rows(series) if "~" not in row]))
    return Figure(name, place, svg, alt, Table(name, f"Peak memory on {place}", _head(series.axis), peaks, folded=True))


def _head(axis: str) -> tuple[Column, ...]:
    return columns(
        ("row", "Row"),
        ("size", axis, True),
        ("peak", "Peak", True),
        ("formula", "Formula", True),
        ("instrument", "Measured with"),
    )


def _list_peaks(analysis: Analysis, series: Series, rows: list[str]) -> list[dict[str, Cell]]:
    return [
        {
            "place": place_cell(analysis, series),
            "row": Cell(row, {"row": row}),
            "size": size_cell(series.axis, p.size),
            "peak": Cell(write_bytes(p.peak_bytes), {"peak_bytes": p.peak_bytes}),
            "formula": Cell(write_bytes(p.formula_peak_bytes), {"formula_peak_bytes": p.formula_peak_bytes}),
            "instrument": Cell(p.peak_instrument or "–", {"instrument": p.peak_instrument}),
        }
        for row in rows
        for p in analysis.points(series, row)
        if p.peak_bytes > 0
    ]
