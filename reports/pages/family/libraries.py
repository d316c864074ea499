"""Libraries that users would pick instead, beside the fastest of ours."""

import math

from ...digest import FamilyDigest
from ...digest.libraries import FAR, Beside, Further
from ...text import count, write_error, write_list, write_ratio, write_seconds, write_size
from ..blocks import TONES, Cell, Section, Text, missing
from ._tables import tabulate_series

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
    measured = any(not math.isnan(beside.residual) for beside in family.libraries)
    residuals = (
        ("residual", "Its residual", lambda b: _write_residual(family, b), True),
        ("ours_residual", "Our residual", lambda b: write_error(b.ours_residual), True),
    )
    table = tabulate_series(
        family,
        "libraries",
        "Libraries beside ours",
        family.libraries,
        ("row", "Library", lambda b: b.library),
        ("size", family.axis, lambda b: write_size(b.size), True),
        ("seconds", "Its time", lambda b: write_seconds(b.seconds), True),
        ("ratio", "In times of ours", lambda b: Cell(f"{write_ratio(b.ratio)} ×", TONES.get(b.verdict, "")), True),
        ("ours", "Ours", lambda b: b.ours),
        ("error", "Its error", lambda b: write_error(b.error), True),
        ("ours_error", "Our error", lambda b: write_error(b.ours_error), True),
        *(residuals if measured else ()),
    )
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


def _write_residual(family: FamilyDigest, beside: Beside) -> Cell:
    tol = dict(family.find(beside.series).fixed).get("tol", 0.0)
    told = beside.residual < FAR * tol and not math.isnan(beside.looser_residual)
    looser = f"{write_error(beside.looser_residual)} with the next looser setting" if told else ""
    return Cell(write_error(beside.residual), "", looser)
