"""What the rows are: what each method answers, by which forms, and where it is from."""

from ...digest import FamilyDigest
from ...digest.series import Row
from ...group import group_by
from ..blocks import Cell, Section, Table, Text, columns

# How a role is told; floors and calibrations are work that is timed beside the methods.
_ROLES = {"method": "", "peer": "a library", "floor": "work that no exact method avoids"}
NOTE = (
    "A method's number is one of its settings: terms of a series, nodes of a rule, a tolerance. Its docstring in "
    "`bench_core/{family}/` has the formula and what it costs."
)


def build(family: FamilyDigest) -> Section | None:
    """One table, a line a method, in the order of the names."""
    known = (row for series in family.series for row in series.rows if row.role in _ROLES)
    found = group_by(known, lambda row: row.method)
    if not found:
        return None
    heads = columns(("row", "Method"), ("computes", "Answers"), ("exact", "Exact"), ("source", "Source"))
    rows = tuple(
        {
            "row": Cell(f"`{name}`", note=_name_forms(rows)),
            "computes": Cell(rows[0].computes.replace("_", " "), note=_ROLES[rows[0].role]),
            "exact": Cell("yes" if rows[0].exact else "no"),
            "source": Cell(rows[0].source),
        }
        for name, rows in sorted(found.items())
    )
    table = Table(f"{family.name}-sources", "Every method, and where it is from", heads, rows, folded=True)
    return Section("sources", "What the rows are", (table, Text(NOTE.format(family=family.name), "note")))


def _name_forms(rows: list[Row]) -> str:
    """The names of its further rows; "" where it has one form."""
    forms = sorted({row.form for row in rows if ":" in row.name})
    return f"also {', '.join(f':{form}' for form in forms)}" if forms else ""
