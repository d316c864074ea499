"""A session from outside: start the process, keep its deadlines, turn its journal into a record.

A process that dies costs the row it was working on; the others go on in a new process without that row. Where the
machine's speed moved in the rounds they are measured again if time is left, and the record keeps both.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import bench_core
from benchmarks.harness import RULER, card_state, child, content, environment, policy, state, system
from benchmarks.harness.cell import Cell
from benchmarks.harness.profile import Profile
from benchmarks.harness.record import SCHEMA, timestamp
from benchmarks.harness.result import Result, hole

ROOT = Path(__file__).resolve().parents[2]
_FREE = 0.1  # of the session's time, that no round takes
_CODE = {"bench_core": Path(bench_core.__file__).parent, "benchmarks": ROOT / "benchmarks"}


def run(
    cell: Cell,
    profile: Profile,
    rows: Mapping[str, str | tuple[str, str]],
    *,
    process: int = 0,
    seed: int = 0,
    smaller: dict[str, dict[str, float]] | None = None,
    timed: Collection[str] = (),
    judged: Collection[str] = (),
    cache: Path | None = None,
    on_event: Callable[[dict[str, Any]], None] = lambda event: None,
) -> dict[str, Any]:
    """Measure a cell in one fresh process and return its record (``docs/session-record.md``).

    Processes run under the policy that ``policy.chosen`` reads from the environment.

    rows      row names in order, the baseline first; a value that is not empty is why the row is skipped, or
              ``(outcome, reason)`` where an earlier process of the cell has settled it
    smaller   what the same rows took at a smaller size of this run, for predictions
    timed     rows that an earlier process of the cell has timed: not refused for a slow moment
    judged    rows that an earlier process has checked on new data after timing: not checked so again
    cache     folder for compiled code of one run's sessions (``child.environment``); without it every one compiles anew
    on_event  called with every journal event, for progress

    Raises
    ------
    ValueError
        in one line, where the environment asks for a policy that is none
    """
    began, started_at = time.monotonic(), timestamp()
    chosen = policy.chosen()
    commit, dirty = environment.commit(ROOT)
    record: dict[str, Any] = {
        "schema": SCHEMA,
        "ruler": RULER,
        "cell": cell.to_json(),
        "profile": profile.name,
        "process": process,
        "processes": profile.processes_of(cell),
        "seed": seed,
        "commit": commit,
        "dirty": dirty,
        "content": {name: content.of_tree(folder) for name, folder in _CODE.items()},
        "started_at": started_at,
    }
    warnings = system.warnings()
    deadline = began + profile.session_limit_s

    def is_again(result: Result) -> bool:
        """Whether the rounds that are over are measured again: the machine's speed moved in them, and there is time."""
        allowed = max(profile.repetitions, 1 if card_state.slow(result.card) else 0)
        if not result.canary or len(result.set_aside) >= allowed or not _describe(vars(result))["state"]["moved"]:
            return False
        left = deadline - time.monotonic() - _FREE * profile.session_limit_s
        # The check that follows takes about as long as that before them, or two calls a row: no more than the rounds.
        checking = sum(row["check_s"] or 0.0 for row in result.rows.values() if row["rounds"])
        return result.rounds_s + max(result.rounds_s, checking) <= left

    result = Result()
    for row, reason in rows.items():
        if reason:
            result.rows[row] = hole(cell, row, *(("skipped", reason) if isinstance(reason, str) else reason))
    # Each failed attempt settles at least one row, so this ends.
    while pending := [row for row in rows if row not in result.rows]:
        left = deadline - time.monotonic()
        if left <= 0:
            # They are not at fault: larger sizes may try them again.
            for row in pending:
                turn = "it was timed" if row in result.checked else "its turn"
                reason = f"time: the session's {profile.session_limit_s:.0f} s were over before {turn}"
                result.rows[row] = result.untimed(cell, row, "over_budget", reason)
            break
        spec = {
            "cell": cell.to_json(),
            "profile": asdict(profile)
            | {
                "row_budget_s": profile.row_seconds(cell.family),
                "min_rounds": profile.rounds_of(cell),
            }
            | {"call_limit_s": profile.call_seconds(cell.family, dict(cell.sizes))},
            "process": process,
            "seed": seed,
            "rows": pending,
            "smaller": smaller or {},
            "timed": list(timed),
            "judged": list(judged),
            "threads": chosen.threads,
            "allocator": chosen.allocator,
            "bench_core": str(Path(bench_core.__file__).resolve().parents[1]),
            "address_space_bytes": int(os.environ.get("BENCH_ADDRESS_SPACE_BYTES", "0")),
            "rounds_deadline_s": (1 - _FREE) * left,
        }
        result = child.attempt(cell, spec, chosen, deadline, cache, result, on_event, is_again)
    return record | {
        "elapsed_s": time.monotonic() - began,
        "stages_s": result.stages,
        "environment": result.environment | {"warnings": warnings},
        **_describe(vars(result), result.counters, len(result.set_aside)),
        "failures": result.failures,
        "lost_device": result.lost_device,
        # In the family's order, the twin last, whichever attempt settled them.
        "rows": {name: result.rows[name] for name in [*rows, *(r for r in result.rows if r not in rows)]},
        "set_aside": [
            {"stages_s": {"rounds": rounds["rounds_s"]}, **_describe(rounds), "rows": rounds["rows"]}
            for rounds in result.set_aside
        ],
    }


def _describe(
    rounds: Mapping[str, Any], counters: dict[str, float | None] | None = None, repeated: int = 0
) -> dict[str, Any]:
    """The record's fields of one measurement of the rounds; ``counters`` are of the whole session."""
    return {
        "ceiling": rounds["ceiling"],
        "canary": {"what": rounds["canary_name"], "samples_s": rounds["canary"]},
        "state": state.summary(
            counters or {}, rounds["ceiling"], rounds["canary"], repeated, rounds["card"], rounds["one_thread"]
        ),
        "stop": rounds["stop"],
    }


def checking_s(record: dict[str, Any]) -> float:
    """Seconds in which the session's results were judged by the oracle."""
    # The twin's are its row's.
    return sum(row["check_s"] or 0.0 for row in record["rows"].values() if row["role"] != "twin")
