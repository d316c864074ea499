"""Sizes where a method overtakes what users run today."""

from ...digest import FamilyDigest
from ...digest.crossovers import Crossing
from ...text import write_size
from ..blocks import Cell, Section, Text, missing
from ._tables import tabulate_series

NOTE = (
    "Bracketed: the intervals of the paired ratio at the two sizes named exclude 1 on opposite sides. Extrapolated: "
    "where the two fitted curves meet, beyond all measured sizes. Pairs that are not listed did not cross."
)


def build(family: FamilyDigest) -> Section | None:
    """One table; where rows were compared and none crosses, a line that says so."""
    if not family.crossovers:
        none = "Of no row and baseline is a size known at which one overtakes the other."
        return missing("crossovers", "Crossovers", none) if family.speedups else None
    table = tabulate_series(
        family,
        "crossovers",
        "Where rows overtake the baselines",
        family.crossovers,
        ("row", "Row", lambda c: c.row),
        ("baseline", "Baseline", lambda c: c.baseline),
        ("size", f"They meet at {family.axis}", lambda c: write_size(c.size), True),
        ("kind", "How", _write_kind),
        ("above", "Faster above it", lambda c: c.above),
    )
    return Section("crossovers", "Crossovers", (table, Text(NOTE, "note")))


def _write_kind(crossing: Crossing) -> Cell:
    note = " and ".join(write_size(size) for size in crossing.bracket or ())
    note = f"between {note}" if note else ""
    note += f"; the last of {crossing.count}" if crossing.count > 1 else ""
    return Cell(crossing.kind, "", note)
