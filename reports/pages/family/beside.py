"""Sweeps beside the family's own: over the batch, the layers or what else its problems are set by, at a few sizes."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace

from ...digest import FamilyDigest
from ...digest.orders import Order
from ...digest.series import Cell as MeasuredCell
from ...digest.series import Measured
from ...families import FAMILIES
from ...group import group_by
from ...text import write_error, write_list, write_ratio, write_seconds, write_size
from ..blocks import Block, Cell, Column, Section, Table, Text
from ._names import caption, name_series, pick_sizes

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
        groups = [group for group in _group(family.series, letter) if len(group) >= LEAST_VALUES]
        shown = [_strip(group, letter) for group in groups]
        table = _tabulate(family, letter, what, groups, shown)
        if table is not None:
            told = _tell_orders(family, groups, shown) if letter == "B" else ""
            blocks += [table, Text(f"{NOTES[what]} {told}".strip(), "note")]
    return Section("beside", "Beside the main sweep", tuple(blocks)) if blocks else None


def _tabulate(family: FamilyDigest, letter: str, what: str, groups: list[Group], shown: list[Measured]) -> Table | None:
    lines, values = [], set()
    for group, stripped in zip(groups, shown):
        for size in _choose_sizes(group):
            start = {"place": Cell(name_series(stripped, shown)), "size": Cell(write_size(size))}
            for name, cells in _list_rows(group, size):
                written = {value: _write(family, name, cell, what) for value, cell in cells.items()}
                told = {value for value, cell in written.items() if cell.text != "–"}
                if len(told) >= LEAST_VALUES - 1:
                    values |= told
                    lines.append(start | {"row": Cell(name)} | {f"{value:g}": cell for value, cell in written.items()})
    if not lines:
        return None
    heads = (
        *(Column("place", "Where"), Column("size", family.axis, True), Column("row", "Row")),
        *(Column(f"{value:g}", f"{letter} = {write_size(value)}", True) for value in sorted(values)),
    )
    words = {"times": f"Time by {letter}", "error": f"Error by {letter}"}[what]
    return Table(f"{family.name}-by-{letter.lower()}", caption(words, shown), heads, tuple(lines))


def _group(known: Iterable[Measured], letter: str) -> list[Group]:
    groups: dict[object, Group] = {}
    for series in known:
        fixed = dict(series.fixed)
        value = fixed.pop(letter, None)
        if isinstance(value, int | float):
            groups.setdefault((series.place, tuple(fixed.items()), series.state), {})[float(value)] = series
    return [dict(sorted(group.items())) for group in groups.values()]


def _choose_sizes(group: Group) -> tuple[float, ...]:
    """The sizes with enough values of the letter, three of them at most."""
    counts = Counter(size for series in group.values() for size in series.sizes)
    return pick_sizes(size for size, count in counts.items() if count >= LEAST_VALUES)


def _list_rows(group: Group, size: float) -> Iterator[tuple[str, dict[float, MeasuredCell]]]:
    """Rows with their cells by value, those of one commit: kernels of two are not told as one row's way."""
    found: dict[tuple[str, str], dict[float, MeasuredCell]] = {}
    for value, series in group.items():
        for row in series.rows:
            cell = row.at(size)
            if cell is not None and ":" not in row.name and row.role != "calibration":
                found.setdefault((row.name, cell.commit), {})[value] = cell
    return ((name, cells) for (name, _), cells in found.items())


def _write(family: FamilyDigest, name: str, cell: MeasuredCell, what: str) -> Cell:
    """What the cell gave; beside a wrong result and where there is none stands why."""
    if what == "error":
        return Cell(write_error(cell.error), "bad" if cell.outcome == "wrong" else "", cell.reason)
    absolute = name == FAMILIES[family.name].yardstick
    return Cell(write_seconds(cell.seconds) if absolute else write_ratio(cell.ratio), "", cell.reason)


def _strip(group: Group, letter: str) -> Measured:
    """One series of the group without the letter, by which its series differ."""
    series = next(iter(group.values()))
    return replace(series, fixed=tuple((name, value) for name, value in series.fixed if name != letter))


def _tell_orders(family: FamilyDigest, groups: list[Group], shown: list[Measured]) -> str:
    """Where a batch beyond the dimension turns which order of the products is the fastest; "" where no cell has
    several orders. The groups are by batch, `shown` is each without it.
    """
    told = []
    for group, series in zip(groups, shown, strict=True):
        known = [(batch, order) for batch, s in group.items() for order in family.orders if order.series == s.key]
        sides = {f"{sign} {family.axis}": [p for p in known if (p[0] > p[1].size) == (sign == ">")] for sign in "≤>"}
        parts = [f"where B {side} {_tell(family.axis, cells)}" for side, cells in sides.items() if cells]
        told += [f"in {name_series(series, shown)} {', '.join(parts)}"] if parts else []
    names = write_list(f"`{row}`" for row in FAMILIES[family.name].orders)
    return f"Of {names} the fastest is (in how many cells beyond doubt) {'; '.join(told)}." if told else ""


def _tell(axis: str, cells: list[tuple[float, Order]]) -> str:
    """`relative` (3 of 4) and `transposed` at D = 100, B = 1 (0 of 1): the most frequent without its cells."""
    found = group_by(cells, lambda cell: cell[1].row)
    first, *others = sorted(found, key=lambda row: (-len(found[row]), row))
    parts = [f"`{first}` {_count(found[first])}"]
    for row in others:
        places = " and ".join(f"{axis} = {write_size(o.size)}, B = {write_size(batch)}" for batch, o in found[row])
        parts.append(f"`{row}` at {places} {_count(found[row])}")
    return write_list(parts)


def _count(cells: list[tuple[float, Order]]) -> str:
    verdicts = [order.verdict for _, order in cells]
    return f"({verdicts.count('faster')} of {len(verdicts)})"
