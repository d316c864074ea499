"""How well predictions and bounds hold: a line for each family, from measured sizes and processes left out."""

import math

from ..digest import Digest
from ..text import count, write_share
from .blocks import Cell, Table, tabulate

EXPLAINED = (
    "Each measured size is left out in turn, and the times there are predicted from the other sizes: how far off they "
    "are in the median, how many their 90 % interval held, and whether the method that would be recommended there is "
    "within 5 % of the best that was measured. Likewise each process: whether the pick of the others lost at most what "
    "its bound says. Where an interval would reach further than a factor 3.2 to a side nothing is predicted, and none "
    "counted. The goals are an error of at most 15 %, intervals that hold 85 to 95 %, and picks within 5 % in at least "
    "95 % of the cells; what misses one is marked."
)
# What predictions are to reach: the error between measured sizes and beyond, the share held, the share of good picks.
ERROR, HELD, PICKS = 0.15, (0.85, 0.95), 0.95


def tabulate_quality(digest: Digest) -> Table:
    """A line for each family whose sizes could be left out."""
    inner, ends = "A time between measured sizes is off by", "A time beyond them is off by"
    return tabulate(
        "quality",
        "Predictions, by what was left out",
        [quality for family in digest.families if (quality := family.quality) is not None],
        ("family", "Family", lambda q: q.family),
        ("inner", inner, lambda q: _write_error(q.error, q.coverage, q.left_out), True),
        ("ends", ends, lambda q: _write_error(q.beyond_error, q.beyond_coverage, q.beyond), True),
        ("picks", "Picks within 5 % of the best", lambda q: _write_part(q.picks, q.cells, "cell", least=PICKS), True),
        ("bounds", "Bounds that held", lambda q: _write_part(q.held, q.processes, "process", "processes"), True),
    )


def _write_error(error: float, coverage: float, left_out: int) -> Cell:
    if math.isnan(error):
        return Cell("–", "off", "nothing could be left out")
    held = "no interval is told" if math.isnan(coverage) else f"intervals held {write_share(coverage)}"
    goals = [error <= ERROR, *([HELD[0] <= coverage <= HELD[1]] if not math.isnan(coverage) else [])]
    return Cell(write_share(error), *_judge(all(goals), f"of {left_out:,}; {held}"))


def _write_part(share: float, total: int, noun: str, plural: str | None = None, least: float = 0.0) -> Cell:
    if not total:
        return Cell("–", "off")
    told = f"of {count(total, noun, plural)}"
    return Cell(write_share(share), *(_judge(share >= least, told) if least else ("", told)))


def _judge(met: bool, told: str) -> tuple[str, str]:
    """Tone and note of what has a goal."""
    return ("good", told) if met else ("bad", f"{told}; goal missed")
