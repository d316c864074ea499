"""Two commits beside each other: every row that `compare --keep` told of, whatever the history knows of it."""

from collections import Counter

from ..comparisons import Compared
from ..digest import Digest
from ..text import count, write_ratio, write_size
from .blocks import TONES, Block, Cell, Table, Text, tabulate
from .naming import name_place

# The largest differences are shown one by one.
MOST_ROWS = 60


def show_compared(digest: Digest) -> list[Block]:
    """How many rows were compared and what became of them, and those that are slower or faster; nothing without any."""
    lines = digest.history.compared
    if not lines:
        return []
    verdicts = Counter(line.verdict for line in lines)
    pairs = len({(line.machine, line.base, line.head) for line in lines})
    note = (
        f"{count(pairs, 'pair')} of commits, each measured in lockstep (`python -m benchmarks compare A B --keep`): "
        f"of {count(len(lines), 'row')} {verdicts['slower']:,} are slower, {verdicts['faster']:,} faster, "
        f"{verdicts['same']:,} no slower than the threshold, {verdicts['open']:,} open. Of equal code 5 % of the "
        "comparisons at most tell any row."
    )
    told = [line for line in lines if line.verdict in ("slower", "faster")]
    return [Text(note, "note"), *([_tabulate(digest, told)] if told else [])]


def _tabulate(digest: Digest, told: list[Compared]) -> Table:
    ordered = sorted(told, key=lambda line: (-max(line.ratio.value, 1 / line.ratio.value), line.row, line.sizes))
    only = f": the {MOST_ROWS} largest" if len(ordered) > MOST_ROWS else ""
    return tabulate(
        "compared",
        f"What is slower or faster side by side{only}",
        ordered[:MOST_ROWS],
        ("row", "Row", lambda c: Cell(c.row, note=f"{c.family}, {name_place(digest, c.place)}")),
        ("ratio", "Head / base", lambda c: Cell(f"{write_ratio(c.ratio)} ×", TONES[c.verdict]), True),
        ("sizes", "Sizes", lambda c: ", ".join(f"{letter} = {write_size(value)}" for letter, value in c.sizes)),
        ("head", "Head", lambda c: Cell(c.head[:8], note=f"over {c.base[:8]}, on {c.machine}")),
    )
