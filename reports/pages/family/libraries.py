"""Libraries that users would pick instead, beside the fastest of ours."""

from ...digest import FamilyDigest
from ...text import write_error, write_ratio, write_seconds
from ..blocks import TONES, Cell, Section, Table, Text, columns, missing
from ._names import caption, series_cell, size_cell

NOTE = (
    "Each library beside the fastest of our rows with the same kind of answer, at the largest size where both were "
    "timed in the same rounds. Libraries stop by tests of their own: compare the errors before the times."
)


def build(family: FamilyDigest) -> Section | None:
    """One table; where rows ran and no library beside them, a line that says so."""
    if not family.libraries:
        ran = any(row.ran for series in family.series for row in series.rows)
        none = "No library was timed as a row of its own."
        return missing("libraries", "Libraries", none) if ran else None
    shown = [family.find(key) for key in dict.fromkeys(beside.series for beside in family.libraries)]
    heads = columns(
        ("place", "Where"),
        ("row", "Library"),
        ("size", family.axis, True),
        ("seconds", "Its time", True),
        ("ratio", "In times of ours", True),
        ("ours", "Ours"),
        ("error", "Its error", True),
        ("ours_error", "Our error", True),
    )
    rows = tuple(
        {
            "place": series_cell(family.find(beside.series), shown),
            "row": Cell(beside.library),
            "size": size_cell(family.axis, beside.size),
            "seconds": Cell(write_seconds(beside.seconds)),
            "ratio": Cell(
                f"{write_ratio(beside.ratio)} ×",
                TONES.get(beside.verdict, ""),
            ),
            "ours": Cell(beside.ours),
            "error": Cell(write_error(beside.error)),
            "ours_error": Cell(write_error(beside.ours_error)),
        }
        for beside in family.libraries
    )
    table = Table(
        f"{family.name}-libraries", caption("Libraries beside ours", shown), heads, rows, folded=len(rows) > 30
    )
    return Section("libraries", "Libraries", (table, Text(NOTE, "note")))
