"""Rows of the digest as lines, which of them a panel of six holds, and a chapter's figure of such panels."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from ...digest import FamilyDigest
from ...digest.series import SWEEP_SIZES, Cell, Measured, Row
from ...families import FAMILIES
from ...plots import MOST_LINES, Line
from ...plots.multiples import Panel, draw_multiples, frame
from ...statistics import Estimate
from ...text import write_size
from ..blocks import Figure, Figures
from ._names import describe_sizes, group_states, name_shared

# With fewer of the family's main rows in a series, others fill its panel.
FEW = 4


def choose_rows(family: FamilyDigest, series: Measured) -> list[Row]:
    """The family's main rows that ran; where those are few, the others that answer what is asked first."""
    facts = FAMILIES[family.name]
    ran = {row.name: row for row in series.rows if len(row.ran) > 1 or (row.ran and len(series.sizes) == 1)}
    chosen = [ran[name] for name in facts.card if name in ran]
    if len(chosen) < FEW:
        order = [kind for question in facts.questions for kind in question.computes]
        others = [row for row in ran.values() if row not in chosen and ":" not in row.name and row.role == "method"]

        def rank(row: Row) -> tuple[float | str, ...]:
            kind = order.index(row.computes) if row.computes in order else len(order)
            last = row.ran[-1]
            assert last.seconds is not None
            return kind, -last.size, last.seconds.value, row.name

        chosen += sorted(others, key=rank)[: MOST_LINES - len(chosen)]
    return chosen


def make_lines(
    family: FamilyDigest,
    group: tuple[Measured, ...],
    read: Callable[[Cell], Estimate | None],
    stops: bool = False,
    least: int = 1,
) -> list[Line]:
    """The main rows of a panel; a row that was measured in several states of the machine is several lines.

    Rows with fewer than `least` values in all of its states are left out.
    """
    names = list(dict.fromkeys(row.name for series in group for row in choose_rows(family, series)))[:MOST_LINES]
    lines = []
    for name in names:
        rows = [row for series in group if (row := series.row(name)) is not None]
        found = [line for row in rows if (line := make_line(family, row, read, stops)).sizes]
        lines += found if sum(len(line.sizes) for line in found) >= least else []
    return lines


def list_ends(lines: Sequence[Line], write: Callable[[float], str]) -> str:
    """`relative 4 s at 20,000; inverse 3 s at 6,000`: each row where it reaches furthest."""
    last: dict[str, tuple[float, float]] = {}
    for line in lines:
        last[line.label] = max(last.get(line.label, (0.0, 0.0)), (line.sizes[-1], line.values[-1].value))
    return "; ".join(f"{label} {write(value)} at {write_size(size)}" for label, (size, value) in last.items())


def make_line(family: FamilyDigest, row: Row, read: Callable[[Cell], Estimate | None], stops: bool = False) -> Line:
    """A row's values by size; `stops` marks where memory or time first ended it, at the time it would have taken."""
    known = [(cell.size, value) for cell in row.cells if (value := read(cell)) is not None]
    line = Line(
        label=row.name,
        colour=family.colours[row.name],
        sizes=[size for size, _ in known],
        values=[value for _, value in known],
        dashed=":" in row.name,
    )
    end = row.at(row.smallest_failed) if stops and row.smallest_failed is not None else None
    if end is None or not end.stopped_s > 0 or (row.largest_ok or 0) > end.size:
        return line
    mark = [(end.size, end.stopped_s)]
    return replace(line, memory_stops=mark) if end.limit == "memory" else replace(line, time_stops=mark)


def exact(value: float) -> Estimate | None:
    """A number without an interval, None where it is not known."""
    return Estimate(value) if value > 0 else None


def draw_sweeps(
    family: FamilyDigest,
    shown: list[Measured],
    make_panel: Callable[[FamilyDigest, tuple[Measured, ...], list[Measured]], Panel],
    entitle: str | Callable[[FamilyDigest, list[Measured]], str],
    name: str,
    quantity: str,
    unit: str,
) -> list[Figures]:
    """A panel a sweep of one quantity against the family's axis, of series that have sizes enough; nothing where no
    panel has lines. `quantity` begins the text alternative; a title in words gets the range of the sizes.
    """
    drawn = [series for series in shown if len(series.sizes) >= SWEEP_SIZES]
    panels = [panel for group in group_states(drawn) if (panel := make_panel(family, group, drawn)).lines]
    if not panels:
        return []
    name = f"{family.name.replace('_', '-')}-{name}"
    alt = f"{quantity} against {family.axis}: {' '.join(panel.alt for panel in panels)}"
    svg = draw_multiples(name, panels, frame(panels, family.axis, unit))
    title = f"{entitle}, {describe_sizes(family, drawn)}" if isinstance(entitle, str) else entitle(family, drawn)
    return [Figures(name_shared(drawn), (Figure(name, title, svg, alt),))]
