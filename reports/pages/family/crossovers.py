"""Sizes where a method overtakes what users run today."""

from ...digest import FamilyDigest
from ...text import write_size
from ..blocks import Cell, Section, Table, Text, columns, missing
from ._names import caption, series_cell

NOTE = (
    "Bracketed: the intervals of the paired ratio at the two sizes named exclude 1 on opposite sides. Extrapolated: "
    "where the two fitted curves meet, beyond all measured sizes. Pairs that are not listed did not cross."
)


def build(family: FamilyDigest) -> Section | None:
    """One table; where rows were compared and none crosses, a line that says so."""
    if not family.crossovers:
        none = "Of no row and baseline is a size known at which one overtakes the other."
        return missing("crossovers", "Crossovers", none) if family.speedups else None
    shown = [family.find(key) for key in dict.fromkeys(crossing.series for crossing in family.crossovers)]
    heads = columns(
        ("place", "Where"),
        ("row", "Row"),
        ("baseline", "Baseline"),
        ("size", f"They meet at {family.axis}", True),
        ("kind", "How"),
        ("above", "Faster above it"),
    )
    rows = []
    for crossing in family.crossovers:
        note = " and ".join(write_size(size) for size in crossing.bracket or ())
        note = f"between {note}" if note else ""
        note += f"; the last of {crossing.count}" if crossing.count > 1 else ""
        rows.append(
            {
                "place": series_cell(family.find(crossing.series), shown),
                "row": Cell(crossing.row),
                "baseline": Cell(crossing.baseline),
                "size": Cell(write_size(crossing.size)),
                "kind": Cell(crossing.kind, "", note),
                "above": Cell(crossing.above),
            }
        )
    words = caption("Where rows overtake the baselines", shown)
    table = Table(f"{family.name}-crossovers", words, heads, tuple(rows))
    return Section("crossovers", "Crossovers", (table, Text(NOTE, "note")))
