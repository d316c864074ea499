"""Sweeps beside the family's own: over the batch, the layers or what else its problems are set by, at a few sizes."""

from collections.abc import Iterable
from dataclasses import replace

from ...digest import FamilyDigest
from ...digest.series import Cell as MeasuredCell
from ...digest.series import Measured, Row
from ...families import FAMILIES
from ...text import write_error, write_ratio, write_seconds, write_size
from ..blocks import Block, Cell, Column, Section, Table, Text
from ._names import caption, pick_sizes, series_cell

# Of fewer values nothing is told that the tables of the two sweeps do not show.
LEAST_VALUES = 3
NOTES = {
    "times": "A time is told in times of the yardstick, in the same rounds; the yardstick's own stands in seconds.",
    "error": "Relative error against the float64 reference. What is above its tolerance is a wrong result, which is "
    "not timed: here the error is the answer.",
}

# The series of one place that differ in a letter alone, by its value.
Group = dict[float, Measured]


def build(family: FamilyDigest) -> Section | None:
    """A table for each letter that the family's further sweeps run over."""
    blocks: list[Block] = []
    for letter, what in FAMILIES[family.name].beside:
        table = _tabulate(family, letter, what)
        blocks += [table, Text(NOTES[what], "note")] if table is not None else []
    return Section("beside", "Beside the main sweep", tuple(blocks)) if blocks else None


def _tabulate(family: FamilyDigest, letter: str, what: str) -> Table | None:
    groups = [group for group in _group(family.series, letter) if len(group) >= LEAST_VALUES]
    shown = [_strip(group, letter) for group in groups]
    lines, values = [], set()
    for group, stripped in zip(groups, shown):
        for size in _choose_sizes(group):
            for name in _list_rows(group, size):
                cells = {value: cell for value, s in group.items() if (cell := _find(s, name, size)) is not None}
                written = {value: _write(family, name, cell, what) for value, cell in cells.items()}
                told = {value: cell for value, cell in written.items() if cell.text != "–"}
                if len(told) >= LEAST_VALUES - 1:
                    values |= told.keys()
                    start = {"place": series_cell(stripped, shown), "size": Cell(write_size(size))}
                    lines.append(start | {"row": Cell(name)} | {f"{value:g}": cell for value, cell in told.items()})
    if not lines:
        return None
    heads = (
        *(Column("place", "Where"), Column("size", family.axis, True), Column("row", "Row")),
        *(Column(f"{value:g}", f"{letter} = {write_size(value)}", True) for value in sorted(values)),
    )
    words = {"times": f"Time by {letter}", "error": f"Error by {letter}"}[what]
    return Table(
        f"{family.name}-by-{letter.lower()}", caption(words, shown), heads, tuple(lines), folded=len(lines) > 16
    )


def _group(known: Iterable[Measured], letter: str) -> list[Group]:
    groups: dict[object, Group] = {}
    for series in known:
        fixed = dict(series.fixed)
        value = fixed.pop(letter, None)
        if isinstance(value, int | float):
            # Kernels of two commits are not told as one row's way over the letter.
            alike = (series.place, tuple(fixed.items()), series.state, series.commits)
            groups.setdefault(alike, {})[float(value)] = series
    return [dict(sorted(group.items())) for group in groups.values()]


def _choose_sizes(group: Group) -> tuple[float, ...]:
    """The sizes with most values of the letter, three of them at most."""
    counts: dict[float, int] = {}
    for series in group.values():
        counts |= {size: counts.get(size, 0) + 1 for size in series.sizes}
    most = max(counts.values())
    return pick_sizes(size for size, count in counts.items() if count == most) if most >= LEAST_VALUES else ()


def _list_rows(group: Group, size: float) -> list[str]:
    rows: dict[str, Row] = {row.name: row for series in group.values() for row in series.rows if row.at(size)}
    return [name for name, row in rows.items() if ":" not in name and row.role != "calibration"]


def _find(series: Measured, name: str, size: float) -> MeasuredCell | None:
    row = series.row(name)
    return row.at(size) if row is not None else None


def _write(family: FamilyDigest, name: str, cell: MeasuredCell, what: str) -> Cell:
    if what == "error":
        wrong = cell.outcome == "wrong"
        return Cell(write_error(cell.error), "bad" if wrong else "", cell.reason if wrong else "")
    if name == FAMILIES[family.name].yardstick:
        return Cell(write_seconds(cell.seconds) if cell.seconds is not None else "–")
    return Cell(write_ratio(cell.ratio))


def _strip(group: Group, letter: str) -> Measured:
    """One series of the group without the letter, by which its series differ."""
    series = next(iter(group.values()))
    return replace(series, fixed=tuple((name, value) for name, value in series.fixed if name != letter))
