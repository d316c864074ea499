"""One pair of processes, one of each side, in lockstep: the unit of replication.

Both load their libraries at once, then prepare one after the other, the one named first before the second. A row is
timed in blocks of A B B A and B A A B; a block pair of both orders gives one log ratio, and the pair's is the median
over the quieter half of these. Only one side computes at any moment.
"""

from __future__ import annotations

import contextlib
import math
import random
import statistics
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from benchmarks.compare.process import Lost, Process
from benchmarks.compare.sides import Side
from benchmarks.harness import clock
from benchmarks.harness.cell import Cell
from benchmarks.harness.profile import Profile

SIDES = ("base", "head")
SAMPLE_S = 0.004  # least seconds of one sample: short ones, so that a disturbance spoils few of them
ROW_S = 0.4  # seconds of one row in one pair, beyond the least blocks
LEAST_BLOCKS, MOST_BLOCKS = 3, 24  # block pairs: eight samples each, four a side
LONG_S, LONG_BLOCKS = 0.05, 1  # from here on a call costs more than a quieter half is worth
PATIENCE = 10  # times the budget for a call of a row that one side has within it
_ORDERS = (("base", "head", "head", "base"), ("head", "base", "base", "head"))

# A row's part of a round: two blocks, each the order of the sides and the seconds in that order.
Blocks = list[tuple[Sequence[str], list[float]]]


@dataclass
class Rounds:
    """Those of one pair, by number and row: what is known is not measured again; ``keep`` is told what is measured."""

    known: dict[int, dict[str, Blocks]] = field(default_factory=dict)
    keep: Callable[[int, dict[str, Blocks]], None] = lambda number, rows: None

    def add(self, number: int, rows: dict[str, Blocks]) -> None:
        """Also to what is known: a pair that is begun anew has it."""
        self.known.setdefault(number, {}).update(rows)
        self.keep(number, rows)


def measure(
    sides: Mapping[str, Side],
    cell: Cell,
    profile: Profile,
    *,
    first: str,
    asked: Sequence[str] = (),
    timed: Collection[str] = (),
    policy: Mapping[str, str],
    seed: int = 0,
    rounds: Rounds | None = None,
) -> dict[str, Any]:
    """The pair's log ratios by row, and what became of every row on either side.

    first    the side that prepares first
    asked    rows to be timed, all of the profile's where it is empty
    timed    rows that an earlier pair has timed: not refused for a slow moment
    policy   environment variables of both processes
    rounds   those that were measured before the pair was cut off, and where the others are kept

    A row that ends its process is lost on that side; the pair is begun anew, and that side without it. So it is with a
    wider budget where only one side has a row within it, or the greatest slowdowns would have no ratio. Where a side
    ends before its first row there is no such row, and ``failed`` says why.
    """
    outcomes: dict[str, dict[str, Any]] = {side: {} for side in SIDES}
    patience, rounds = 1, rounds or Rounds()
    while True:
        spec = {"asked": list(asked), "timed": list(timed), "patience": patience}
        try:
            without = {side: sorted(outcomes[side]) for side in SIDES}
            found = _attempt(sides, cell, profile, first, spec, without, policy, seed, rounds)
        except _SideLost as lost:
            if lost.error.row is None:
                return {"failed": f"{lost.side}: {lost.error.kind}: {lost.error.reason}", "rows": {}, "outcomes": {}}
            told = {"outcome": lost.error.kind, "reason": lost.error.reason, "error": None, "peak_bytes": None}
            outcomes[lost.side][lost.error.row] = told
            continue
        if found["failed"]:
            return found
        over = _find_over(found["outcomes"]) if patience == 1 else []
        if not over:
            for side in SIDES:
                found["outcomes"][side] |= outcomes[side]
            return found
        for side in SIDES:  # what is over the budget on both is not waited for
            told = found["outcomes"][side]
            outcomes[side] |= {row: o for row, o in told.items() if o["outcome"] == "over_budget" and row not in over}
        patience = PATIENCE


def _find_over(outcomes: Mapping[str, Mapping[str, Mapping[str, Any]]]) -> list[str]:
    """Rows that are right on one side and over the budget on the other."""
    base, head = (outcomes[side] for side in SIDES)
    return [r for r in base if r in head and {base[r]["outcome"], head[r]["outcome"]} == {"ok", "over_budget"}]


class _SideLost(Exception):
    def __init__(self, side: str, error: Lost):
        super().__init__(str(error))
        self.side, self.error = side, error


@contextlib.contextmanager
def _of(side: str):
    try:
        yield
    except Lost as lost:
        raise _SideLost(side, lost) from lost


def _attempt(
    sides: Mapping[str, Side],
    cell: Cell,
    profile: Profile,
    first: str,
    spec: dict[str, Any],
    without: Mapping[str, list[str]],
    policy: Mapping[str, str],
    seed: int,
    rounds: Rounds,
) -> dict[str, Any]:
    order = (first, *(side for side in SIDES if side != first))
    seconds: dict[str, dict[str, float]] = {}
    with contextlib.ExitStack() as stack:
        own = {side: spec | {"without": without[side]} for side in order}
        held = {side: stack.enter_context(Process(sides[side], cell, profile, own[side], policy)) for side in order}
        for side in order:
            with _of(side):
                event = held[side].until("loaded", "unavailable")
            if event["event"] == "unavailable":
                return {"failed": f"{side}: {event['reason']}", "rows": {}, "outcomes": {}}
        for side in order:
            with _of(side):
                seconds[side] = held[side].ready()
        both = [row for row in seconds["base"] if row in seconds["head"]]
        samples = _time(held, {row: max(seconds[side][row] for side in SIDES) for row in both}, seed, rounds)
        for side in order:  # a result that is wrong on new data is no result
            with _of(side):
                held[side].tell("")
                held[side].until("end")
        outcomes = {side: _outcomes(held[side]) for side in SIDES}
    right = [row for row in both if all(outcomes[side][row]["outcome"] == "ok" for side in SIDES)]
    return {
        "first": first,
        "failed": None,
        "names": {side: held[side].names for side in SIDES},
        "rows": {row: summarise(samples[row]) for row in right},
        "outcomes": outcomes,
        "environment": {side: held[side].result.environment for side in SIDES},
    }


def _time(held: Mapping[str, Process], seconds: Mapping[str, float], seed: int, rounds: Rounds) -> dict[str, Blocks]:
    """Every row's blocks, in rounds over the rows."""
    numbers = {row: clock.calls_per_sample(seconds[row], SAMPLE_S) for row in seconds}
    twos: dict[str, int] = {}
    for row in seconds:
        spent = 8 * (numbers[row] + 1) * seconds[row]
        least = LEAST_BLOCKS if seconds[row] < LONG_S else LONG_BLOCKS
        twos[row] = max(least, min(MOST_BLOCKS, int(ROW_S / spent)))
    shuffled, taken = random.Random(seed), {row: [] for row in seconds}
    for number in range(max(twos.values(), default=0)):
        known, new = rounds.known.get(number, {}), {}
        turn = [row for row in seconds if number < twos[row] and row not in known]
        shuffled.shuffle(turn)
        for row in turn:
            new[row] = []
            for order in _ORDERS if number % 2 == 0 else _ORDERS[::-1]:
                times = []
                for side in order:
                    with _of(side):
                        times.append(held[side].time(row, numbers[row], seconds[row]))
                new[row].append((order, times))
        for row, blocks in {**known, **new}.items():
            taken.get(row, []).extend(blocks)  # one that is lost meanwhile has no samples
        if new:
            rounds.add(number, new)
    return taken


def summarise(blocks: Sequence[tuple[Sequence[str], Sequence[float]]]) -> dict[str, Any]:
    """A row's pair in numbers: blocks come in twos, of both orders.

    ``log_ratio``  mean log seconds of head less that of base, median over the half of the twos that took least
    ``twin``       of the same twos the median of what the ratio by second samples of a block is above the two's
    ``seconds``    by side, the median
    """
    both: list[tuple[float, float, float]] = []
    every: dict[str, list[float]] = {side: [] for side in SIDES}
    for one, other in zip(blocks[::2], blocks[1::2]):
        logs: dict[str, list[float]] = {side: [] for side in SIDES}
        for order, times in (one, other):
            for side, value in zip(order, times):
                logs[side].append(math.log(value))
                every[side].append(value)
        base, head = (statistics.fmean(logs[side]) for side in SIDES)
        base_twins, head_twins = (statistics.fmean(logs[side][1::2]) for side in SIDES)
        both.append((base + head, head - base, (head_twins - base_twins) - (head - base)))
    # The quieter half, by the time of both sides: whatever disturbs lasts longer than a sample, and choosing by the sum
    # favours neither side.
    quiet = sorted(both)[: (len(both) + 1) // 2]
    return {
        "log_ratio": statistics.median(ratio for _, ratio, _ in quiet),
        "twin": statistics.median(twin for _, _, twin in quiet),
        "seconds": {side: statistics.median(values) for side, values in every.items()},
        "blocks": len(blocks),
    }


def _outcomes(process: Process) -> dict[str, dict[str, Any]]:
    kept = ("outcome", "reason", "error", "peak_bytes")
    return {row: {name: fields[name] for name in kept} for row, fields in process.rows().items()}
