"""A comparison from its first pair to its verdicts: which rows to time further, and when to stop."""

from __future__ import annotations

import math
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from benchmarks.compare import pair, verdict
from benchmarks.compare.log import Log
from benchmarks.compare.pair import SIDES
from benchmarks.compare.sides import Side
from benchmarks.harness.cell import Cell
from benchmarks.harness.lock import machine_lock
from benchmarks.harness.outcome import DOES_NOT_COMPILE
from benchmarks.harness.profile import Profile

# A row that a missing library keeps out of one side is told, and fails nothing; one that does not compile fails.
_FAILURES = ("oom", "timeout", "wrong", "error", "over_budget")
# Threads that wait spin for a moment only: the waiting side must not take the processors of the other. What the user
# has chosen (BENCH_WAITING) wins.
SPIN_BRIEFLY = {"GOMP_SPINCOUNT": "10000"}


@dataclass(frozen=True)
class Options:
    """threshold  share by which a row must be slower to fail the comparison
    minutes    when no further pair is begun
    least      pairs of a cell that are measured all the same
    asked      rows, all of the profile's where empty
    """

    profile: Profile
    threshold: float = 0.05
    minutes: float = 5.0
    least: int = 0
    asked: tuple[str, ...] = ()


@dataclass
class Comparison:
    """What is known so far. Rows are named by their cell and row."""

    sides: Mapping[str, Side]
    cells: Sequence[Cell]
    options: Options
    pairs: list[dict[str, Any]] = field(default_factory=list)
    states: dict[tuple[str, str], verdict.RowState] = field(default_factory=dict)
    outcomes: dict[tuple[str, str], dict[str, dict[str, Any]]] = field(default_factory=dict)
    only: dict[tuple[str, str], str] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)
    spent_s: float = 0.0

    def take(self, cell: str, found: dict[str, Any]) -> None:
        """Add one pair."""
        self.pairs.append({"cell": cell} | found)
        if found["failed"]:
            self.failed[cell] = found["failed"]
            return
        names = found["names"]
        lost = {row for side in SIDES for row, told in found["outcomes"][side].items() if told["outcome"] != "ok"}
        for side, other in (SIDES, SIDES[::-1]):
            # A row that ended its process is no name of a later one's, and has its outcome.
            there = {*names[other], *found["outcomes"][other]}
            self.only.update(((cell, row), side) for row in names[side] if row not in there)
            for row, told in found["outcomes"][side].items():
                known = self.outcomes.setdefault((cell, row), {}).get(side)
                if known is None or known["outcome"] == "ok":  # once lost is lost
                    self.outcomes[cell, row][side] = told
        for row, values in found["rows"].items():
            self.states.setdefault((cell, row), verdict.RowState()).log_ratios.append(values["log_ratio"])
        for row in lost:  # a row that is not right throughout has no ratio
            self.states.pop((cell, row), None)

    def look(self) -> None:
        """Test all rows."""
        for (cell, row), state in self.states.items():
            state.floor = verdict.floor([p["rows"][row]["twin"] for p in self.pairs_of(cell, row)])
        verdict.look({"\0".join(name): state for name, state in self.states.items()}, self.options.threshold)

    def verdicts(self) -> dict[tuple[str, str], verdict.Verdict]:
        named = verdict.judge({"\0".join(name): s for name, s in self.states.items()}, self.options.threshold)
        return {name: named["\0".join(name)] for name in self.states}

    def open_rows(self, cell: str) -> list[str] | None:
        """Rows whose verdict needs more pairs; None before the cell's first pair."""
        if not any(p["cell"] == cell for p in self.pairs):
            return None
        if cell in self.failed:
            return []
        verdicts = self.verdicts()
        return [row for (of, row), v in verdicts.items() if of == cell and not v.settled]

    def neither(self) -> dict[tuple[str, str], dict[str, dict[str, Any]]]:
        """Rows that neither side has right."""
        return {n: told for n, told in self.outcomes.items() if len(told) == 2 and not _right(told)}

    def lost(self) -> dict[tuple[str, str], dict[str, dict[str, Any]]]:
        """Rows that one side has right and the other has not."""
        return {
            name: told
            for name, told in self.outcomes.items()
            if name not in self.only
            and any(o["outcome"] != "ok" for o in told.values())
            and (len(told) == 1 or _right(told) == 1)
        }

    def missing(self) -> list[str]:
        """Rows that were asked for, and that have a ratio in no cell."""
        known = {row for _, row in self.states}
        return [] if self.failed else [row for row in self.options.asked if row not in known]

    def unseen(self) -> list[tuple[str, str]]:
        """Rows with too few pairs for any look: nothing is known of them."""
        return [name for name, state in self.states.items() if len(state.log_ratios) < verdict.LEAST_PAIRS]

    def status(self) -> int:
        """1 where a row is slower beyond the threshold, else 2 where something could not be compared, else 0."""
        if any(v.beyond for v in self.verdicts().values()):
            return 1
        failed = any(_fails(o) for told in self.lost().values() for o in told.values())
        return 2 if self.failed or failed or self.missing() or self.unseen() or not self.states else 0

    def pairs_of(self, cell: str, row: str) -> list[dict[str, Any]]:
        return [p for p in self.pairs if p["cell"] == cell and row in p["rows"]]


def _fails(told: Mapping[str, Any]) -> bool:
    return told["outcome"] in _FAILURES or told["reason"].startswith(DOES_NOT_COMPILE)


def _right(told: Mapping[str, Mapping[str, Any]]) -> int:
    return sum(o["outcome"] == "ok" for o in told.values())


def run(
    sides: Mapping[str, Side],
    cells: Sequence[Cell],
    options: Options,
    log: Log,
    policy: Mapping[str, str],
    follow: Callable[[str], None] = lambda text: None,
    measure: Callable[..., dict[str, Any]] = pair.measure,
) -> Comparison:
    """Compare until every row is settled, the last look is taken, or the minutes are spent.

    Pairs of ``log`` are taken as measured; who has written the answer down finishes it. ``follow`` is told what is
    being done.
    """
    comparison = Comparison(sides, cells, options)

    def is_over(pairs: int) -> bool:
        return pairs >= options.least and comparison.spent_s > 60 * options.minutes

    before = log.read()
    if before or log.rounds:
        follow(f"resumed: {len(before)} pairs are there, {len(log.rounds)} rounds of the next")
    for index in range(verdict.SCHEDULE[-1]):
        for cell in cells:
            rows = comparison.open_rows(cell.name)
            if rows == []:
                continue
            if before:
                line = before.pop(0)
                comparison.spent_s += line.pop("elapsed_s")
                comparison.take(line.pop("cell"), line)
                continue
            if is_over(index):
                break
            follow(f"{cell.name}: pair {index + 1}, {'all' if rows is None else len(rows)} rows")
            with machine_lock(f"compare {cell.name}"):
                began = time.monotonic()  # waiting for another run is none of its minutes
                found = measure(
                    sides,
                    cell,
                    options.profile,
                    first=SIDES[index % 2],
                    asked=rows or options.asked,
                    timed=rows or (),
                    policy=policy,
                    seed=index,
                    rounds=pair.Rounds(log.rounds, log.add_round),
                )
                elapsed = time.monotonic() - began
            log.add({"cell": cell.name, "elapsed_s": elapsed} | found)
            comparison.spent_s += elapsed
            comparison.take(cell.name, found)
        if index + 1 in verdict.SCHEDULE:
            comparison.look()
        if is_over(index + 1) or all(comparison.open_rows(c.name) == [] for c in cells):
            break
    comparison.look()  # where the time was over between two looks
    return comparison


def to_json(comparison: Comparison) -> dict[str, Any]:
    """Everything: verdicts, intervals as ratios, outcomes, and every pair."""
    verdicts = comparison.verdicts()
    return {
        "schema": 1,
        "sides": {name: {"name": s.name, "key": s.key()} for name, s in comparison.sides.items()},
        "cells": [cell.to_json() for cell in comparison.cells],
        "threshold": comparison.options.threshold,
        "status": comparison.status(),
        "elapsed_s": comparison.spent_s,
        "rows": [
            {
                "cell": cell,
                "row": row,
                **told(state, verdicts[cell, row]),
                "beyond_threshold": verdicts[cell, row].beyond,
                "floor": state.floor,
                "smallest_seen": verdict.smallest_seen(state, len(verdicts)),
                "state": asdict(state),
            }
            for (cell, row), state in comparison.states.items()
        ],
        "only": [{"cell": cell, "row": row, "side": side} for (cell, row), side in comparison.only.items()],
        "outcomes": [{"cell": cell, "row": row} | told for (cell, row), told in comparison.outcomes.items()],
        "failed": comparison.failed,
        "pairs": comparison.pairs,
    }


def told(state: verdict.RowState, said: verdict.Verdict) -> dict[str, Any]:
    """What is known of a row, as ratios; no interval before there is one."""
    interval = state.interval and [math.exp(value) for value in state.interval]
    return {"verdict": said.word, "ratio": ratio(state), "interval": interval, "pairs": len(state.log_ratios)}


def ratio(state: verdict.RowState) -> float:
    """Head's time over base's: the centre of the interval; before there is one, the geometric mean of the pairs."""
    return math.exp(statistics.fmean(state.log_ratios) if state.centre is None else state.centre)
