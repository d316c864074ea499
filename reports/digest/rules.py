"""The shortest rule: which method over which sizes, and what following it may lose."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from ..group import group_by
from ..points import Place
from ..statistics import find_plan
from .answers import CellAnswer, group_answers
from .series import Measured

# Who loses less than this need not remember another method.
WITHIN = 0.10


@dataclass(frozen=True)
class Range:
    """Use `row` from size `first` to size `last` (both measured)."""

    first: float
    last: float
    row: str


@dataclass(frozen=True)
class Rule:
    """The shortest list of ranges whose worst regret is at most WITHIN, else the one of least worst regret.

    series, question  what it answers
    worst             largest regret over the cells it covers
    at                the size where that is
    covers            sizes covered; `missing` are measured sizes where no candidate ran or regret is not known
    within            whether `worst` is at most WITHIN
    """

    series: str
    question: str
    ranges: tuple[Range, ...]
    worst: float
    at: float
    covers: tuple[float, ...]
    missing: tuple[float, ...]
    within: bool


@dataclass(frozen=True)
class PlaceRule:
    """The same over several series of a place: of a size the worst of its series counts.

    Over all of them where that stays within WITHIN, else over those of one problem, whatever their batch and the state
    of the machine. `fixed` are the sizes that make the problem, none where the rule is for all. `where` is the key of
    the series in which the worst regret is, `series` are those it holds for.
    """

    place: Place
    question: str
    fixed: tuple[tuple[str, Any], ...]
    series: tuple[str, ...]
    ranges: tuple[Range, ...]
    worst: float
    at: float
    where: str
    covers: tuple[float, ...]
    missing: tuple[float, ...]
    within: bool


def find_rules(answers: Iterable[CellAnswer]) -> tuple[Rule, ...]:
    """A rule for each series and question, in the order of the answers."""
    found = ((key, _find(group)) for key, group in group_answers(answers).items())
    return tuple(Rule(*key, **facts) for key, (facts, _) in found if facts)


def find_place_rules(answers: Iterable[CellAnswer], series: Iterable[Measured]) -> tuple[PlaceRule, ...]:
    """A rule for each place and question, or where none does, for each of its problems."""
    known = {measured.key: measured for measured in series}
    groups = group_by(answers, lambda answer: (known[answer.series].place, answer.question))
    found = []
    for (place, question), group in groups.items():
        problems = group_by(group, lambda answer: tuple(p for p in known[answer.series].fixed if p[0] != "B"))
        facts, where = _find(group)
        parts = {(): group} if len(problems) == 1 or (facts and facts["within"]) else problems
        for fixed, part in parts.items():
            facts, where = _find(part)
            if facts:
                keys = tuple(dict.fromkeys(answer.series for answer in part))
                found.append(PlaceRule(place, question, fixed, keys, where=where, **facts))
    return tuple(found)


def _find(group: list[CellAnswer]) -> tuple[dict[str, Any], str]:
    """What both kinds of rule say, and the series of the worst regret; nothing where no size is covered."""
    sizes = sorted({answer.size for answer in group})
    tables = {size: _merge([answer for answer in group if answer.size == size]) for size in sizes}
    covers = tuple(size for size in sizes if tables[size])
    plan = find_plan(covers, [{row: loss for row, (loss, _) in tables[size].items()} for size in covers], WITHIN)
    if plan is None:
        return {}, ""
    ranges = tuple(Range(*piece) for piece in plan.ranges)
    followed = next(piece.row for piece in ranges if piece.first <= plan.at <= piece.last)
    facts = {
        "ranges": ranges,
        "worst": plan.worst,
        "at": plan.at,
        "covers": covers,
        "missing": tuple(size for size in sizes if not tables[size]),
        "within": plan.worst <= WITHIN,
    }
    return facts, tables[plan.at][followed][1]


def _merge(answers: list[CellAnswer]) -> dict[str, tuple[float, str]]:
    """Each row's worst regret over the series that have the size, with that series; only rows known in all of them."""
    known = [
        {c.row: (c.regret, answer.series) for c in answer.candidates if not math.isnan(c.regret)} for answer in answers
    ]
    known = [entry for entry in known if entry]
    shared = set.intersection(*(set(entry) for entry in known)) if known else set()
    return {row: max(entry[row] for entry in known) for row in sorted(shared)}
