"""The goals on a GPU as a small table below the work: each computed from the records, none typed in."""

from ...digest import FamilyDigest
from ...digest.goals import COPIES, LARGE, LAUNCHES, SHARE, SMALL, Goal
from ...text import write_percent, write_ratio, write_seconds, write_share, write_size
from ..blocks import Block, Cell, Table, Text, columns
from ._names import caption, series_cell, size_cell

WORDS = {
    "products": f"at least {write_share(SHARE)} of the rate of its own products",
    "copy": f"at most {COPIES:g} × its copy, where that takes longer than its products",
    "launch": f"a graph's replay within {LAUNCHES:g} × an empty launch",
}
TONES = {"met": "good", "missed": "bad", "undetermined": "undecided", "not judged": "off"}
_RANGE = f"D = {' to '.join(map(write_size, LARGE))}"
NOTE = (
    "The rate of its own products is that of `gemm_floor` in the same rounds. The copy is the bytes of the formula at "
    f"the speed that the roofline has for it. Both are for {_RANGE}, the replay for D up to {SMALL}. An empty launch "
    "is a queued call of a kernel that has next to nothing to do, timed in the same sessions. "
    "Without an interval the value alone says met or missed: by one process."
)
LAUNCH = "Not judged: the records of that size hold no time of an empty launch."


def show_goals(family: FamilyDigest) -> tuple[Block, ...]:
    """The table and how to read it; nothing where there are no goals."""
    if not family.goals:
        return ()
    shown = [family.find(key) for key in dict.fromkeys(goal.series for goal in family.goals)]
    rows = tuple(
        {
            "row": Cell(goal.row),
            "words": Cell(WORDS[goal.kind]),
            "place": series_cell(family.find(goal.series), shown),
            "size": size_cell(family.axis, goal.size),
            "seconds": Cell(write_seconds(goal.seconds)),
            "here": Cell(_write(goal)),
            "verdict": _decide(goal),
        }
        for goal in family.goals
    )
    heads = columns(
        ("row", "Row"),
        ("words", "Goal"),
        ("place", "Where"),
        ("size", family.axis, True),
        ("seconds", "Time", True),
        ("here", "Here", True),
        ("verdict", "Verdict"),
    )
    table = Table(f"{family.name}-goals", caption("What was aimed at on a GPU", shown), heads, rows)
    launch = any(goal.verdict == "not judged" for goal in family.goals)
    return table, Text(f"{NOTE} {LAUNCH}" if launch else NOTE, "note")


def _write(goal: Goal) -> str:
    if goal.value is None:
        return "–"
    return write_percent(goal.value) if goal.kind == "products" else f"{write_ratio(goal.value)} ×"


def _decide(goal: Goal) -> Cell:
    alone = goal.value is not None and not goal.sure
    return Cell(goal.verdict, "undecided" if alone else TONES[goal.verdict], "one process" if alone else "")
