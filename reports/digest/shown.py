"""The rows that a page of many shows first: the answers of a family's first questions, and the rows of its card."""

from dataclasses import dataclass

from ..families import FAMILIES
from . import FamilyDigest
from .series import Measured

# More lines than this are told apart by nobody.
MOST_LINES = 8


@dataclass(frozen=True)
class Shown:
    """The series of the card's first panel and names of its rows, at most MOST_LINES lines together."""

    series: Measured
    rows: tuple[str, ...]


def choose_shown(family: FamilyDigest) -> Shown | None:
    """The rows that are the answer at most sizes come first, then those of the card; None where there is no card.

    A row of several states of the machine is a line in each.
    """
    if family.card is None or not family.card.panels:
        return None
    panel = [family.find(key) for key in family.card.panels[0]]
    facts, keys = FAMILIES[family.name], {series.key for series in panel}
    first = {question.key for question in facts.questions if question.first}
    picks = [a.pick.row for a in family.answers if a.series in keys and a.question in first and a.pick]
    ordered = dict.fromkeys((*sorted(set(picks), key=lambda row: (-picks.count(row), row)), *facts.card))
    alike = [series for series in family.series if (series.place, series.fixed) == (panel[0].place, panel[0].fixed)]
    rows, lines = [], 0
    for name in ordered:
        here = sum(bool(row.ran) for series in alike if (row := series.row(name)))
        if here and lines + here <= MOST_LINES:
            rows.append(name)
            lines += here
    return Shown(panel[0], tuple(rows))
