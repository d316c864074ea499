"""How the time grows with the size: predicted and fitted powers."""

from ...digest import FamilyDigest
from ...text import write_estimate, write_seconds, write_size
from ..blocks import Cell, Section, Text
from ._tables import tabulate_series

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
    table = tabulate_series(
        family,
        "exponents",
        f"The power p of {family.axis} in the time of a call",
        family.exponents,
        ("row", "Row", lambda g: g.row),
        ("predicted", "Predicted", lambda g: "–" if g.predicted is None else f"{g.predicted:g}", True),
        ("fitted", "Fitted", lambda g: write_estimate(g.fitted), True),
        ("verdict", "Verdict", lambda g: Cell(g.verdict, TONES.get(g.verdict, ""))),
        ("range", "Over", lambda g: f"{write_size(g.first)} to {write_size(g.last)}, {g.sizes} sizes"),
        ("floor", "Floor of a call", lambda g: _write_floor(g.floor_s), True),
    )
    return Section("exponents", "Exponents", (table, Text(NOTE.format(axis=family.axis), "note")))


def _write_floor(seconds: float) -> str:
    """A fitted floor below what any call takes is none that was seen."""
    return write_seconds(seconds) if seconds >= LEAST_CALL_S else "none seen"
