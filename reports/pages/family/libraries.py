"""Libraries that users would pick instead, beside the fastest of ours."""

import math

from ...digest import FamilyDigest
from ...digest.libraries import FAR, Beside, Further
from ...digest.series import Measured
from ...text import count, write_error, write_list, write_ratio, write_seconds
from ..blocks import TONES, Cell, Section, Table, Text, columns, missing
from ._names import caption, series_cell, size_cell

NOTE = (
    "Each library beside the fastest of our rows with the same kind of answer, at the largest size where both were "
    "timed in the same rounds."
)
RESIDUAL_NOTE = (
    "Residual: the largest of a sample, `|v - Jᵀw| / |v|`, of the timed result. A library is given the loosest setting "
    "with which every sample reaches the tolerance that ours stop at; of one that goes far below, its own step is that "
    "large: what the next looser setting reaches is told where it was recorded."
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
    measured = any(not math.isnan(beside.residual) for beside in family.libraries)
    if measured:
        heads += columns(("residual", "Its residual", True), ("ours_residual", "Our residual", True))
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
            **(_write_residuals(beside, family.find(beside.series)) if measured else {}),
        }
        for beside in family.libraries
    )
    table = Table(f"{family.name}-libraries", caption("Libraries beside ours", shown), heads, rows)
    note = f"{NOTE} {RESIDUAL_NOTE}{_count(family.further)}" if measured else NOTE
    note += _name_retracted(family)
    return Section("libraries", "Libraries", (table, Text(note, "note")))


def _name_retracted(family: FamilyDigest) -> str:
    rows = (row for series in family.series for row in series.rows)
    names = sorted({row.name for row in rows if any(cell.outcome == "retracted" for cell in row.cells)})
    return f" Retracted until they are measured anew: {write_list([f'`{name}`' for name in names])}." if names else ""


def _count(found: Further | None) -> str:
    if found is None:
        return ""
    told = f" Of {count(found.timed, 'timed point')} of libraries, {found.further:,} end below a third of the tolerance"
    missed = "all" if found.steps == found.further else f"{found.steps:,}"
    return f"{told}; of {missed} of these the next looser setting misses." if found.further else f"{told}."


def _write_residuals(beside: Beside, series: Measured) -> dict[str, Cell]:
    told = beside.residual < FAR * dict(series.fixed).get("tol", 0.0) and not math.isnan(beside.looser_residual)
    looser = f"{write_error(beside.looser_residual)} with the next looser setting" if told else ""
    return {
        "residual": Cell(write_error(beside.residual), "", looser),
        "ours_residual": Cell(write_error(beside.ours_residual)),
    }
