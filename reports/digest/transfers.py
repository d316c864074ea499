"""Whether a rule holds elsewhere: what following it on another machine or device loses there."""

import math
from collections.abc import Iterable
from dataclasses import dataclass

from .answers import Candidate, CellAnswer, group_answers
from .rules import WITHIN, Rule
from .series import Measured


@dataclass(frozen=True)
class Transfer:
    """The rule of one series followed at another's sizes: the same problem and backend, another machine or device.

    rule, series  keys of whose rule it is and of where it is followed
    worst         largest regret of following it, NaN where none is known
    at            the size where that is
    least         what following it loses at some size, by the lower bound of its row's time over the fastest one's: the
                  largest of these over the sizes that it covers, as a share, 0 where none is known
    least_at      the size where that is
    covers        sizes there, within the rule's, at which the regret of the rule's row is known
    missing       those at which it is not: the row did not run, had no rival, or how far processes differ is not known
    holds         whether `worst` is at most WITHIN at all of them
    """

    rule: str
    series: str
    question: str
    worst: float
    at: float
    least: float
    least_at: float
    covers: tuple[float, ...]
    missing: tuple[float, ...]
    holds: bool


def find_transfers(
    answers: Iterable[CellAnswer], rules: Iterable[Rule], series: Iterable[Measured]
) -> tuple[Transfer, ...]:
    """Every rule at every series that asks the same elsewhere and shares a size with it."""
    cells = group_answers(answers)
    known = {measured.key: measured for measured in series}
    pairs = [(rule, other) for rule in rules for other in known.values() if _is_elsewhere(known[rule.series], other)]
    found = (_follow(rule, other.key, cells.get((other.key, rule.question), [])) for rule, other in pairs)
    return tuple(transfer for transfer in found if transfer)


def _is_elsewhere(here: Measured, there: Measured) -> bool:
    """The same problem in the same framework and precision, in another place."""
    same = (here.fixed, here.axis, here.place.backend, here.place.dtype)
    return here.place != there.place and same == (there.fixed, there.axis, there.place.backend, there.place.dtype)


def _follow(rule: Rule, key: str, cells: list[CellAnswer]) -> Transfer | None:
    named = {cell.size: (cell, row) for cell in cells if cell.candidates and (row := find_row(rule, cell.size))}
    followed = {size: {c.row: c for c in cell.candidates}.get(row) for size, (cell, row) in named.items()}
    if not followed:
        return None
    # A row without a rival loses nothing that is known.
    alone = {size for size, (cell, _) in named.items() if len(cell.candidates) < 2}
    regrets = {size: c.regret if c and size not in alone else math.nan for size, c in followed.items()}
    covers = [size for size, regret in regrets.items() if not math.isnan(regret)]
    at = max(covers, key=lambda size: regrets[size], default=math.nan)
    worst = regrets.get(at, math.nan)
    missing = tuple(size for size in regrets if size not in covers)
    holds = not missing and worst <= WITHIN
    losses = {size: _read_least(followed[size]) for size in covers}
    least_at = max(losses, key=lambda size: losses[size], default=math.nan)
    least = losses.get(least_at, 0.0), least_at
    return Transfer(rule.series, key, rule.question, worst, at, *least, tuple(covers), missing, holds)


def _read_least(candidate: Candidate | None) -> float:
    """By how much a row is slower than the fastest at least, 0 where that is not known."""
    ratio = candidate.ratio if candidate else None
    return 0.0 if ratio is None or ratio.undetermined else max(0.0, ratio.low - 1)


def find_row(rule: Rule, size: float) -> str:
    """The row that a rule names for a size, "" beyond its ranges; between two of them that of the smaller sizes."""
    if not rule.ranges or not rule.ranges[0].first <= size <= rule.ranges[-1].last:
        return ""
    return next(piece.row for piece in reversed(rule.ranges) if piece.first <= size)
