"""The goals as a small table below the work, on a GPU and on a processor: computed from the records, none typed in."""

import math

from ...digest import FamilyDigest
from ...digest.goals import COPIES, FLOORS, FROM, KINDS, LARGE, LAUNCHES, ROOFLINES, SHARE, SMALL, Goal
from ...families import FAMILIES
from ...group import group_by
from ...text import write_list, write_percent, write_ratio, write_seconds, write_share, write_size
from ..blocks import Block, Cell, Text, tabulate
from ._names import caption, name_series
from ._tables import find_shown

WORDS = {
    "products": f"at least {write_share(SHARE)} of the rate of its own products",
    "copy": f"at most {COPIES:g} × its copy, where that takes longer than its products",
    "launch": f"a graph's replay within {LAUNCHES:g} × an empty launch",
    "floor": f"at most {FLOORS:g} × its own products",
    "roofline": f"at most {ROOFLINES:g} × the roofline",
}
TONES = {"met": "good", "missed": "bad", "undetermined": "undecided", "not judged": "off"}
NOTE = (
    "The rate of its own products is that of `{floor}` in the same rounds. The copy is the bytes of the formula at "
    f"the speed that the roofline has for it. Both are for {{axis}} = {' to '.join(map(write_size, LARGE))}, the "
    f"replay for {{axis}} up to {SMALL}. An empty launch is a queued call of a kernel that has next to nothing to do, "
    "timed in the same sessions. Without an interval the value alone says met or missed: by one process."
)
PROCESSOR = (
    f"Goals of `{{row}}` into buffers that exist, and of `{{step}}`, for {{axis}} from {FROM:,} on. Its own products "
    "are those of `{floor}` in the same rounds; the roofline is the time that the work of the formula takes at the "
    "speed of products and copies measured in the same sessions. A goal is missed where one size misses it by the "
    "whole interval, and met where all sizes meet it so."
)
LAUNCH = "Not judged: the records of that size hold no time of an empty launch."


def show_goals(family: FamilyDigest) -> tuple[Block, ...]:
    """The table and how to read it; nothing where there are no goals."""
    card, processor = ([goal for goal in family.goals if goal.kind in kinds] for kinds in KINDS.values())
    shown = ((_show_card, card), (_show_processor, processor))
    return tuple(block for show, goals in shown if goals for block in show(family, goals))


def _show_card(family: FamilyDigest, goals: list[Goal]) -> tuple[Block, ...]:
    """A line a goal and size."""
    shown = find_shown(family, goals)
    table = tabulate(
        f"{family.name}-goals",
        caption("What was aimed at on a GPU", shown),
        goals,
        ("row", "Row", lambda g: g.row),
        ("words", "Goal", lambda g: WORDS[g.kind]),
        ("place", "Where", lambda g: name_series(family.find(g.series), shown)),
        ("size", family.axis, lambda g: write_size(g.size), True),
        ("seconds", "Time", lambda g: write_seconds(g.seconds), True),
        ("here", "Here", _write, True),
        ("verdict", "Verdict", _decide),
    )
    launch = any(goal.verdict == "not judged" for goal in goals)
    return table, Text(_fill(f"{NOTE} {LAUNCH}" if launch else NOTE, family), "note")


def _show_processor(family: FamilyDigest, goals: list[Goal]) -> tuple[Block, ...]:
    """A line a goal and series: its figure at every size, the largest with its interval."""
    shown = find_shown(family, goals)
    table = tabulate(
        f"{family.name}-goals-processor",
        caption("What was aimed at on a processor", shown),
        group_by(goals, lambda goal: (goal.kind, goal.row, goal.series)).values(),
        ("row", "Row", lambda group: group[0].row),
        ("words", "Goal", lambda group: WORDS[group[0].kind]),
        ("place", "Where", lambda group: name_series(family.find(group[0].series), shown)),
        ("figures", f"Here, by {family.axis}", _list_figures),
        ("most", "The most", _write_most, True),
        ("verdict", "Verdict", _sum_up),
    )
    return table, Text(_fill(PROCESSOR, family), "note")


def _fill(note: str, family: FamilyDigest) -> str:
    goals = FAMILIES[family.name].goals
    return note.format(axis=family.axis, row=goals.row, step=goals.step, floor=goals.floor) if goals else note


def _list_figures(group: list[Goal]) -> str:
    return ", ".join(f"{write_size(goal.size)}: {_value(goal):.3f}" for goal in group)


def _write_most(group: list[Goal]) -> str:
    most = max(group, key=_value)
    return f"{_write(most)} at {write_size(most.size)}"


def _sum_up(group: list[Goal]) -> Cell:
    """Missed where one size is, met where all are; by what the intervals say, and what the values alone would."""
    said = {goal.verdict for goal in group}
    verdict = "missed" if "missed" in said else "met" if said == {"met"} else "undetermined"
    alone = [write_size(goal.size) for goal in group if _value(goal) > goal.limit]
    note = f"the values alone: missed at {write_list(alone)}" if alone else "the values alone: met"
    return Cell(verdict, TONES[verdict], note if verdict == "undetermined" or len(alone) > 1 else "")


def _value(goal: Goal) -> float:
    return goal.value.value if goal.value is not None else math.nan


def _write(goal: Goal) -> str:
    if goal.value is None:
        return "–"
    return write_percent(goal.value) if goal.kind == "products" else f"{write_ratio(goal.value)} ×"


def _decide(goal: Goal) -> Cell:
    alone = goal.value is not None and not goal.sure
    return Cell(goal.verdict, "undecided" if alone else TONES[goal.verdict], "one process" if alone else "")
