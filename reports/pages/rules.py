"""A family's rule in words: which method at which sizes, and what following it may lose."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from ..arithmetic import OPEN, write_bound
from ..digest import FamilyDigest
from ..digest.answers import CellAnswer
from ..digest.rules import WITHIN, Range, Rule
from ..digest.series import Measured
from ..digest.transfers import Transfer
from ..families import Question
from ..statistics import MOST_PROCESSES
from ..text import write_list, write_size


@dataclass(frozen=True)
class Told:
    """Rules of one place, of several states of its machine, as one: (first, last, row) and the worst regret.

    alone    nothing else was timed at any of its sizes: what the rule may lose is not known
    minutes  of measuring that would settle the size of the worst regret; 0 where its own pick is settled
    """

    ranges: tuple[Range, ...]
    worst: float
    at: float
    alone: bool = False
    minutes: float = 0.0


def join_rules(rules: Sequence[Rule]) -> Told | None:
    """Rules over ranges of sizes that follow each other; None where there is none."""
    known = sorted((rule for rule in rules if rule.ranges), key=lambda rule: rule.ranges[0].first)
    if not known:
        return None
    worst = max(known, key=lambda rule: (not math.isnan(rule.worst), rule.worst))
    return Told(_join(piece for rule in known for piece in rule.ranges), worst.worst, worst.at)


def _join(pieces: Iterable[Range]) -> tuple[Range, ...]:
    """Ranges of sizes that follow each other, those of one row as one."""
    ranges: list[Range] = []
    for piece in pieces:
        if ranges and ranges[-1].row == piece.row:
            ranges[-1] = Range(ranges[-1].first, piece.last, piece.row)
        else:
            ranges.append(piece)
    return tuple(ranges)


def find_rule(family: FamilyDigest, question: Question, group: Iterable[Measured]) -> Told | None:
    """What to use for a question by the rules of these series, of one place; None where there is none."""
    keys = {series.key for series in group}
    rules = [rule for rule in family.rules if rule.series in keys and rule.question == question.key]
    told = join_rules(rules)
    if told is None:
        return None
    cells = _list_cells(family, question, keys)
    covered = {(rule.series, size) for rule in rules for size in rule.covers}
    return replace(
        told,
        alone=all(len(cell.candidates) < 2 for cell in cells if (cell.series, cell.size) in covered),
        minutes=sum(cell.minutes for cell in cells if cell.size == told.at and cell.open),
    )


def find_fastest(family: FamilyDigest, question: Question, group: Iterable[Measured]) -> Told | None:
    """What took least time at each size of these series, of one place, whatever another process might say."""
    cells = _list_cells(family, question, {series.key for series in group})
    timed = [(cell.size, [each for each in cell.candidates if each.seconds.value > 0]) for cell in cells]
    first = sorted((size, min(rows, key=lambda each: each.seconds.value).row) for size, rows in timed if rows)
    return Told(_join(Range(size, size, row) for size, row in first), math.nan, math.nan) if first else None


def _list_cells(family: FamilyDigest, question: Question, keys: set[str]) -> list[CellAnswer]:
    return [cell for cell in family.answers if cell.series in keys and cell.question == question.key]


def say_ranges(told: Told, axis: str) -> str:
    """`relative` at every D from 10 to 20,000; `a` up to D = 100, `b` from 150 to 500, `c` from 700."""
    if len(told.ranges) == 1 and (only := told.ranges[0]).first != only.last:
        return f"`{only.row}` at every {axis} from {write_size(only.first)} to {write_size(only.last)}"
    return ", ".join(_say_range(piece, j, len(told.ranges), axis) for j, piece in enumerate(told.ranges))


def say_worst(told: Told, axis: str) -> str:
    """at most 3 % slower than the best, and where; above OPEN what would settle that size."""
    if told.alone:
        return "nothing else was timed there"
    if math.isnan(told.worst):
        return "what it may lose is not known"
    if told.worst > OPEN:
        where = f"{axis} = {write_size(told.at)}"
        open_ = "undetermined " if told.minutes else ""
        loss = f"{open_}at {where}, where it may be up to {write_bound(told.worst)} slower than the best"
        return f"{loss}; {say_minutes(told.minutes)}"
    return _say_loss(told, axis)


def say_transfer(group: Sequence[Transfer], axis: str) -> str:
    """holds: at most 3 % slower than the best there; or what it loses for sure and where; or what it may lose, where
    neither is known; and at which sizes that is not known: then it holds where it is.
    """
    known = [transfer for transfer in group if transfer.covers]
    missing = sorted({size for transfer in group for size in transfer.missing})
    unknown = f"what it loses at {axis} = {write_list(map(write_size, missing))} is not known"
    if not known:
        return f"cannot be judged: {unknown}"
    worst = max(known, key=lambda transfer: transfer.worst)
    lost = max(group, key=lambda transfer: transfer.least)
    if worst.worst <= WITHIN:
        told = f"{'holds where that is known' if missing else 'holds'}: {_say_loss(worst, axis)}"
    elif lost.least > WITHIN:
        where = f"at {axis} = {write_size(lost.least_at)}"
        told = f"does not hold: {where} at least {math.floor(100 * lost.least)} % slower than the best"
    else:
        told = f"may hold: {_say_loss(worst, axis)}"
    return told + (f"; {unknown}" if missing else "")


def _say_loss(followed: Told | Transfer, axis: str) -> str:
    if followed.worst == 0:
        return "nothing is faster"
    return f"at most {write_bound(followed.worst)} slower than the best (at {axis} = {write_size(followed.at)})"


def say_minutes(minutes: float) -> str:
    """What would settle an answer that is undetermined; none where the cell's own pick is settled."""
    if math.isnan(minutes):
        return f"no number of processes up to {MOST_PROCESSES} is known to settle it"
    return (
        f"some {math.ceil(minutes)} min of measuring would settle it" if minutes else "another method is settled there"
    )


def _say_range(piece: Range, place: int, count: int, axis: str) -> str:
    first, last = write_size(piece.first), write_size(piece.last)
    if piece.first == piece.last:
        return f"`{piece.row}` at {axis} = {first}"
    if place == 0:
        return f"`{piece.row}` up to {axis} = {last}"
    return f"`{piece.row}` from {first}" + (f" to {last}" if place < count - 1 else "")
