"""Peak memory by size, and where each row ended."""

from collections import Counter

from ...digest import FamilyDigest
from ...digest.series import Measured, Row, choose_sweeps
from ...plots.multiples import Panel
from ...plots.ticks import write_memory
from ...text import OUTCOME_WORDS, write_bytes, write_size
from ..blocks import Block, Cell, Section, Text
from ._lines import draw_sweeps, exact, list_ends, make_lines
from ._names import name_group
from ._tables import tabulate_rows

# A machine's memory is drawn where the rows come this near to it: further away it would squeeze them.
NEAR = 8.0
NOTE = (
    "A panel's title names the instrument that read it: two of them are not compared. `torch allocator` and `allocator "
    "peak rise` are what the framework's allocator gave out at most, `memory_analysis` is what a compiled program "
    "holds; of several processes the largest, one number without an interval."
)


def build(family: FamilyDigest) -> Section | None:
    """A panel a sweep, and a grid of how far each row reached."""
    shown = list(choose_sweeps(family.series))
    figure = draw_sweeps(family, shown, _make_panel, "Peak memory of a call", "memory", "Peak memory", "bytes")
    blocks: list[Block] = [*figure, Text(NOTE, "note")] if figure else []
    words = f"The largest {family.axis} that each row ran at, and what ended it"
    table = tabulate_rows(family, "reach", words, shown, _write)
    blocks += [table] if table is not None else []
    return Section("memory", "Memory and reach", tuple(blocks)) if blocks else None


def _make_panel(family: FamilyDigest, group: tuple[Measured, ...], drawn: list[Measured]) -> Panel:
    instrument = _find_instrument(group)
    lines = make_lines(
        family, group, lambda cell: exact(cell.peak_bytes) if cell.instrument == instrument else None, least=2
    )
    title, memory = f"{name_group(group, drawn)}, by {instrument or 'what is not recorded'}", group[0].memory_bytes
    most = max((value.value for line in lines for value in line.values), default=0.0)
    whose = "machine" if group[0].place.device == "cpu" else "card"
    levels = [(memory, f"memory of the {whose}, {write_memory(memory)}")] if memory < NEAR * most else []
    return Panel(title, f"{title}: {list_ends(lines, write_bytes)}.", lines, levels=levels)


def _find_instrument(group: tuple[Measured, ...]) -> str:
    """What read most of a panel's memory. A backend and device have one; where another stands in, as for calls of JAX
    on a GPU whose allocator does not tell, its numbers are no points of the same line.
    """
    cells = (cell for series in group for row in series.rows for cell in row.cells if cell.peak_bytes > 0)
    return max(Counter(cell.instrument for cell in cells).items(), key=lambda found: found[1], default=("", 0))[0]


def _write(series: Measured, row: Row) -> Cell:
    end = row.at(row.smallest_failed) if row.smallest_failed is not None else None
    if end is not None and (row.largest_ok or 0) > end.size:
        end = None  # it went on: nothing below its largest size ended it
    capacity = end is not None and end.limit in ("memory", "time")
    if row.largest_ok is None and not capacity:
        bad = next((cell for cell in row.cells if cell.outcome != "ok"), None)
        return Cell(OUTCOME_WORDS[bad.outcome] if bad else "–", "off", bad.reason if bad else "")
    largest = "none" if row.largest_ok is None else write_size(row.largest_ok)
    if end is None:
        return Cell(largest, "good" if row.largest_ok == series.sizes[-1] else "")
    return Cell(largest, "", f"{end.limit} at {write_size(end.size)}")
