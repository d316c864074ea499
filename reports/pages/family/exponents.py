"""How the time grows with the size: predicted and fitted powers."""

from ...digest import FamilyDigest
from ...statistics import Estimate
from ...text import write_estimate, write_seconds, write_size
from ..blocks import Cell, Section, Table, Text, columns
from ._names import caption, series_cell

# No call of either framework returns sooner.
LEAST_CALL_S = 1e-6
TONES = {"consistent": "good", "inconsistent": "bad", "undetermined": "undecided"}
NOTE = (
    "The fit is time = floor + c · {axis}ᵖ with the floor as a parameter: one straight line through all sizes would "
    "mistake the cost of a call for a smaller power. Shown where the interval of p is narrower than 1. Consistent: all "
    "of it within 0.15 of the prediction; inconsistent: all of it outside. A row whose work is a sum of {axis}² and "
    "{axis}³ lies between the two until the range is long enough."
)


def build(family: FamilyDigest) -> Section | None:
    """One table, where any power is known well enough to be told."""
    if not family.exponents:
        return None
    shown = [family.find(key) for key in dict.fromkeys(growth.series for growth in family.exponents)]
    heads = columns(
        ("place", "Where"),
        ("row", "Row"),
        ("predicted", "Predicted", True),
        ("fitted", "Fitted", True),
        ("verdict", "Verdict"),
        ("range", "Over"),
        ("floor", "Floor of a call", True),
    )
    rows = []
    for growth in family.exponents:
        span = f"{write_size(growth.first)} to {write_size(growth.last)}, {growth.sizes} sizes"
        rows.append(
            {
                "place": series_cell(family.find(growth.series), shown),
                "row": Cell(growth.row),
                "predicted": Cell(_power(growth.predicted)),
                "fitted": Cell(_write(growth.fitted)),
                "verdict": Cell(growth.verdict, TONES.get(growth.verdict, "")),
                "range": Cell(span),
                "floor": Cell(_write_floor(growth.floor_s)),
            }
        )
    words = caption(f"The power p of {family.axis} in the time of a call", shown)
    table = Table(f"{family.name}-exponents", words, heads, tuple(rows))
    return Section("exponents", "Exponents", (table, Text(NOTE.format(axis=family.axis), "note")))


def _write_floor(seconds: float) -> str:
    """A fitted floor below what any call takes is none that was seen."""
    return write_seconds(seconds) if seconds >= LEAST_CALL_S else "none seen"


def _power(value: float | None) -> str:
    return "–" if value is None else f"{value:g}"


def _write(value: Estimate) -> str:
    return write_estimate(value)
