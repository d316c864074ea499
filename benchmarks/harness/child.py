"""The process of a session from outside: start it, keep its deadlines, end it with all that it started."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.harness import outcome
from benchmarks.harness.cell import Cell
from benchmarks.harness.result import Result, hole

_WORKER = Path(__file__).with_name("worker.py")
_POLL_S = 0.02


def attempt(
    cell: Cell,
    spec: dict[str, Any],
    deadline: float,
    cache: Path | None,
    before: Result,
    on_event: Callable[[dict[str, Any]], None],
) -> Result:
    """One process over the pending rows; afterwards at least one more row is settled."""
    result = Result()
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
                env=environment(cell, spec["threads"], cache or Path(folder)),
                start_new_session=True,
            )
            try:
                killed = _watch(child, journal, result, deadline, on_event)
            finally:
                _end(child)
        said = stderr.read_text(encoding="utf-8", errors="replace")
    if result.unavailable is not None:
        for row in spec["rows"]:
            result.rows[row] = hole(cell, row, "skipped", result.unavailable)
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
                kept[name] = hole(cell, name, kind, reason)
        result.rows = kept
    return result


def _watch(
    child: subprocess.Popen[bytes],
    journal: Path,
    result: Result,
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


def environment(cell: Cell, threads: int, cache: Path) -> dict[str, str]:
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
