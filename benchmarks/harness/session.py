"""A session from outside: start the process, keep its deadlines, turn its journal into a record.

A process that dies costs the row it was working on; the others go on in a new process without that row.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import bench_core
from benchmarks.harness import RULER, environment, outcome
from benchmarks.harness.cell import Cell
from benchmarks.harness.profile import Profile, threads_from_environment
from benchmarks.harness.record import SCHEMA

ROOT = Path(__file__).resolve().parents[2]
_WORKER = Path(__file__).with_name("worker.py")
_POLL_S = 0.02


def run(
    cell: Cell,
    profile: Profile,
    rows: Mapping[str, str | tuple[str, str]],
    *,
    process: int = 0,
    seed: int = 0,
    smaller: dict[str, dict[str, float]] | None = None,
    timed: Collection[str] = (),
    cache: Path | None = None,
    on_event: Callable[[dict[str, Any]], None] = lambda event: None,
) -> dict[str, Any]:
    """Measure a cell in one fresh process and return its record (``docs/session-record.md``).

    rows      row names in order, the baseline first; a value that is not empty is why the row is skipped, or
              ``(outcome, reason)`` where an earlier process of the cell has settled it
    smaller   what the same rows took at a smaller size of this run, for predictions
    timed     rows that an earlier process of the cell has timed: not refused for a slow moment
    cache     folder for compiled code that sessions of one run share; without it every session compiles anew
    on_event  called with every journal event, for progress
    """
    began, started_at = time.monotonic(), datetime.now(UTC)
    commit, dirty = environment.commit(ROOT)
    record: dict[str, Any] = {
        "schema": SCHEMA,
        "ruler": RULER,
        "cell": cell.to_json(),
        "profile": profile.name,
        "process": process,
        "processes": profile.processes_of(cell.family, cell.swept),
        "seed": seed,
        "commit": commit,
        "dirty": dirty,
        "started_at": started_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
    }
    result = _Result()
    for row, reason in rows.items():
        if reason:
            result.rows[row] = _hole(cell, row, *(("skipped", reason) if isinstance(reason, str) else reason))
    deadline = began + profile.session_limit_s
    # Each failed attempt settles at least one row, so this ends.
    while pending := [row for row in rows if row not in result.rows]:
        left = deadline - time.monotonic()
        if left <= 0:
            # They are not at fault: larger sizes may try them again.
            for row in pending:
                reason = f"time: the session's {profile.session_limit_s:.0f} s were over before its turn"
                result.rows[row] = _hole(cell, row, "over_budget", reason)
            break
        spec = {
            "cell": cell.to_json(),
            "profile": {k: v for k, v in asdict(profile).items() if k not in ("sweeps", "only")}
            | {
                "row_budget_s": profile.row_seconds(cell.family),
                "min_rounds": profile.rounds_of(cell.family, cell.swept),
            }
            | {"call_limit_s": profile.call_seconds(cell.family, dict(cell.sizes))},
            "process": process,
            "seed": seed,
            "rows": pending,
            "smaller": smaller or {},
            "timed": list(timed),
            "threads": threads_from_environment(),
            "bench_core": str(Path(bench_core.__file__).resolve().parents[1]),
            "address_space_bytes": int(os.environ.get("BENCH_ADDRESS_SPACE_BYTES", "0")),
            "rounds_deadline_s": 0.9 * left,
        }
        result = _attempt(cell, spec, deadline, cache, result, on_event)
    record |= {
        "elapsed_s": time.monotonic() - began,
        "stages_s": result.stages,
        "environment": result.environment,
        "ceiling": result.ceiling,
        "canary": {"what": result.canary_name, "samples_s": result.canary},
        "stop": result.stop,
        "failures": result.failures,
        # In the family's order, the twin last, whichever attempt settled them.
        "rows": {name: result.rows[name] for name in [*rows, *(r for r in result.rows if r not in rows)]},
    }
    return record


class _Result:
    """What the journals of a session's processes said."""

    def __init__(self) -> None:
        self.rows: dict[str, dict[str, Any]] = {}
        self.stages: dict[str, float] = {}
        self.environment: dict[str, Any] = {}
        self.ceiling: dict[str, Any] | None = None
        self.canary_name: str | None = None
        self.canary: list[float] = []
        self.stop: dict[str, Any] | None = None
        self.failures: list[str] = []
        self.doing: dict[str, Any] = {"row": None, "what": "start", "limit_s": 60.0}
        self.unavailable: str | None = None
        self.ended = False

    def take(self, event: dict[str, Any]) -> None:
        """Add one journal event."""
        kind = event.pop("event")
        if kind == "begin":
            self.doing = event
        elif kind == "stage":
            self.stages[event["name"]] = self.stages.get(event["name"], 0.0) + event["elapsed_s"]
        elif kind == "environment":
            self.environment |= event
        elif kind == "ceiling":
            self.canary_name = event.pop("canary")
            self.ceiling = event
        elif kind == "row":
            self.rows[event.pop("row")] = _blank() | event
        elif kind == "twin":
            self.rows[event["row"]] = self.rows[event["of"]] | {"role": "twin"} | _samples()
        elif kind == "round":
            self.canary.append(event["samples"].pop("canary"))
            for place, row in enumerate(event["order"]):
                self.rows[row]["rounds"].append(event["index"])
                self.rows[row]["positions"].append(place)
                self.rows[row]["samples_s"].append(event["samples"][row])
        elif kind == "recheck":
            row = self.rows[event["row"]]
            errors = (row["error"], event["error"])  # None: not finite, or there is none
            row["error"] = None if None in errors else max(errors)
            if event["outcome"]:  # a time whose result is wrong is no time
                row |= {"outcome": event["outcome"][0], "reason": event["outcome"][1]} | _samples()
        elif kind == "stop":
            self.stop = event
        elif kind == "unavailable":
            self.unavailable = event["reason"]
        elif kind == "end":
            self.ended = True


def _attempt(
    cell: Cell,
    spec: dict[str, Any],
    deadline: float,
    cache: Path | None,
    before: _Result,
    on_event: Callable[[dict[str, Any]], None],
) -> _Result:
    """One process over the pending rows; afterwards at least one more row is settled."""
    result = _Result()
    result.rows, result.failures, result.stages = before.rows, before.failures, before.stages
    with tempfile.TemporaryDirectory(prefix="jacobench-") as folder:
        spec_file, journal, stderr = (Path(folder) / name for name in ("spec.json", "journal", "stderr"))
        spec_file.write_text(json.dumps(spec), encoding="utf-8")
        journal.touch()
        with open(stderr, "wb") as sink:
            child = subprocess.Popen(
                [sys.executable, str(_WORKER), str(spec_file), str(journal)],
                stdin=subprocess.DEVNULL,
                stdout=sink,
                stderr=sink,
                cwd=folder,
                env=_environment(cell, spec["threads"], cache or Path(folder)),
                start_new_session=True,
            )
            try:
                killed = _watch(child, journal, result, deadline, on_event)
            finally:
                _end(child)
        said = stderr.read_text(encoding="utf-8", errors="replace")
    if result.unavailable is not None:
        for row in spec["rows"]:
            result.rows[row] = _hole(cell, row, "skipped", result.unavailable)
    elif not result.ended:
        doing, row = result.doing["what"], result.doing["row"]
        row = row and row.partition("~")[0]  # the twin is its row's kernel
        kind, reason = ("timeout", killed) if killed else outcome.of_exit(child.returncode, said, doing)
        result.failures.append(f"{row or 'session'}: {kind} in {doing}: {reason}")
        over = time.monotonic() > deadline
        # The others are measured anew in a process without the culprit; after the deadline what was measured stands.
        kept = {name: r for name, r in result.rows.items() if r["outcome"] != "ok" or (over and r["samples_s"])}
        # Before the first row there is no culprit: the next attempt would end the same way.
        for name in [row] if row else [name for name in spec["rows"] if name not in kept]:
            if name not in kept:
                kept[name] = _hole(cell, name, kind, reason)
        result.rows = kept
    return result


def _watch(
    child: subprocess.Popen[bytes],
    journal: Path,
    result: _Result,
    deadline: float,
    on_event: Callable[[dict[str, Any]], None],
) -> str | None:
    """Read the journal until the process ends; kill it at a deadline and say why."""
    since = time.monotonic()
    with open(journal, encoding="utf-8") as stream:
        rest = ""
        while True:
            ended = child.poll() is not None
            rest += stream.read()
            *lines, rest = rest.split("\n")
            for line in lines:
                event = json.loads(line)
                on_event(dict(event))
                result.take(event)
                since = time.monotonic()
            if ended or result.ended or result.unavailable is not None:
                return None
            now = time.monotonic()
            if now > deadline:
                return "the session's deadline passed"
            if now - since > result.doing["limit_s"]:
                return f"{result.doing['what']} took longer than {result.doing['limit_s']:.0f} s"
            time.sleep(_POLL_S)


def _end(child: subprocess.Popen[bytes]) -> None:
    """Kill the whole group: a finished session has written everything, and nothing of one is left behind."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child.pid, signal.SIGKILL)
    child.wait()


def _environment(cell: Cell, threads: int, cache: Path) -> dict[str, str]:
    """The child's environment: one number of threads for every library that reads one at its start."""
    number = str(threads)
    fixed = dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NPROC"), number)
    fixed |= {"TORCHINDUCTOR_CACHE_DIR": str(cache / "inductor"), "PYTHONHASHSEED": "0", "TF_CPP_MIN_LOG_LEVEL": "2"}
    if cell.backend == "jax":
        fixed["JAX_PLATFORMS"] = "cpu" if cell.device == "cpu" else "cuda,cpu"
        # Both frameworks may be on one device in one run; grabbing three quarters of its memory would be a fault of
        # ours.
        fixed["XLA_PYTHON_CLIENT_PREALLOCATE"] = "false"
    return {**os.environ, **fixed}


def _samples() -> dict[str, Any]:
    return {"rounds": [], "positions": [], "samples_s": []}


def _blank() -> dict[str, Any]:
    """A row's fields that a hole does not have."""
    empty = ("error", "build_s", "compile_s", "first_call_s", "peak_bytes", "peak_instrument", "number")
    return dict.fromkeys(empty) | _samples()


def _hole(cell: Cell, row: str, kind: str, reason: str) -> dict[str, Any]:
    """A row that was not timed and for which the process wrote nothing."""
    name, _, form = row.partition(":")
    method = bench_core.method(cell.family, name, cell.backend)
    cost = method.cost(bench_core.problem(cell.family, **dict(cell.sizes)), cell.dtype)
    return _blank() | {
        "method": name,
        "form": form or method.forms[0],
        "exact": method.exact,
        "role": method.role,
        "computes": method.computes,
        "source": method.source,
        "cost": asdict(cost),
        "tolerance": method.tolerance(cell.dtype),
        "predicted_s": None,
        "predicted_bytes": cost.peak_bytes,
        "outcome": kind,
        "reason": reason,
    }
