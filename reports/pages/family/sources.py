"""What the rows are: what each method answers, by which forms, and where it is from."""

from ...digest import FamilyDigest
from ...digest.series import Row
from ...group import group_by
from ..blocks import Cell, Section, Text, tabulate

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
    table = tabulate(
        f"{family.name}-sources",
        "Every method, and where it is from",
        [found[method] for method in sorted(found)],
        ("row", "Method", lambda rows: Cell(f"`{rows[0].method}`", note=_name_forms(rows))),
        ("computes", "Answers", lambda rows: Cell(rows[0].computes.replace("_", " "), note=_ROLES[rows[0].role])),
        ("exact", "Exact", lambda rows: "yes" if rows[0].exact else "no"),
        ("source", "Source", lambda rows: rows[0].source),
        folded=True,
    )
    return Section("sources", "What the rows are", (table, Text(NOTE.format(family=family.name), "note")))


def _name_forms(rows: list[Row]) -> str:
    """The names of its further rows; "" where it has one form."""
    forms = sorted({row.form for row in rows if ":" in row.name})
    return f"also {', '.join(f':{form}' for form in forms)}" if forms else ""
