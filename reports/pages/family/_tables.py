"""Tables of a family's chapters, whose lines or columns are of a series each."""

from collections.abc import Callable, Collection, Iterable, Sequence
from typing import NamedTuple, Protocol, TypeVar

from ...digest import FamilyDigest
from ...digest.series import Cell as MeasuredCell
from ...digest.series import Measured, Row
from ...text import write_size
from ..blocks import Cell, Column, Table, tabulate
from ._names import caption, name_series


class OfSeries(Protocol):
    """What is of a series, by its key."""

    @property
    def series(self) -> str: ...


class At(NamedTuple):
    """A row of a series at one of its sizes."""

    series: Measured
    row: Row
    cell: MeasuredCell


Item = TypeVar("Item", bound=OfSeries)


def find_shown(family: FamilyDigest, items: Iterable[OfSeries]) -> list[Measured]:
    """The series that these are of, each once."""
    return [family.find(key) for key in dict.fromkeys(item.series for item in items)]


def name_spots(family: FamilyDigest, shown: list[Measured]) -> tuple[tuple[str, str, Callable[[At], str], bool], ...]:
    """The first columns of a table of such: where, which row, at which size."""
    return (
        ("place", "Where", lambda at: name_series(at.series, shown), False),
        ("row", "Row", lambda at: at.row.name, False),
        ("size", family.axis, lambda at: write_size(at.cell.size), True),
    )


def tabulate_series(
    family: FamilyDigest,
    name: str,
    words: str,
    items: Collection[Item],
    *specs: tuple[str, str, Callable[[Item], Cell | str]] | tuple[str, str, Callable[[Item], Cell | str], bool],
) -> Table:
    """As `tabulate`, of what is of a series each: which stands first, and what all of them share in the caption."""
    shown = find_shown(family, items)
    place = ("place", "Where", lambda item: name_series(family.find(item.series), shown))
    return tabulate(f"{family.name}-{name}", caption(words, shown), items, place, *specs)


def tabulate_rows(
    family: FamilyDigest,
    name: str,
    words: str,
    shown: Sequence[Measured],
    write: Callable[[Measured, Row], Cell | None],
    numeric: bool = False,
) -> Table | None:
    """A folded table of a line a row in its first form and a column a series; None where nothing is told of any."""
    lines = []
    for row in dict.fromkeys(row.name for series in shown for row in series.rows if ":" not in row.name):
        known = [(series, found) for series in shown if (found := series.row(row)) is not None]
        cells = {series.key: cell for series, found in known if (cell := write(series, found)) is not None}
        lines += [{"row": Cell(row), **cells}] if cells else []
    if not lines:
        return None
    heads = (Column("row", "Row"), *(Column(series.key, name_series(series, shown), numeric) for series in shown))
    return Table(f"{family.name}-{name}", caption(words, shown), heads, tuple(lines), folded=True)
