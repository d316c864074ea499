"""How well predictions and bounds hold: a line for each family, from measured sizes and processes left out."""

import math

from ..digest import Digest
from ..digest.form import Quality
from ..text import count, write_share
from .blocks import Cell, Table, columns

EXPLAINED = (
    "Each measured size is left out in turn, and the times there are predicted from the other sizes: how far off they "
    "are in the median, how many their 90 % interval held, and whether the method that would be recommended there is "
    "within 5 % of the best that was measured. Likewise each process: whether the pick of the others lost at most what "
    "its bound says."
)


def tabulate_quality(digest: Digest) -> Table:
    """A line for each family whose sizes could be left out."""
    rows = tuple(
        {"family": Cell(quality.family), **_write(quality)}
        for family in digest.families
        if (quality := family.quality) is not None
    )
    heads = columns(
        ("family", "Family"),
        ("inner", "A time between measured sizes is off by", True),
        ("ends", "A time beyond them is off by", True),
        ("picks", "Picks within 5 % of the best", True),
        ("bounds", "Bounds that held", True),
    )
    return Table("quality", "Predictions, by what was left out", heads, rows)


def _write(quality: Quality) -> dict[str, Cell]:
    return {
        "inner": _write_error(quality.error, quality.coverage, quality.left_out),
        "ends": _write_error(quality.beyond_error, quality.beyond_coverage, quality.beyond),
        "picks": _write_part(quality.picks, quality.cells, "cell"),
        "bounds": _write_part(quality.held, quality.processes, "process", "processes"),
    }


def _write_error(error: float, coverage: float, left_out: int) -> Cell:
    if math.isnan(error):
        return Cell("–", "off", "nothing could be left out")
    held = "no interval is told" if math.isnan(coverage) else f"intervals held {write_share(coverage)}"
    return Cell(write_share(error), "", f"of {left_out:,}; {held}")


def _write_part(share: float, total: int, noun: str, plural: str | None = None) -> Cell:
    return Cell("–", "off") if not total else Cell(write_share(share), "", f"of {count(total, noun, plural)}")
