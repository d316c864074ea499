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
from benchmarks.harness.journal import AGAIN
from benchmarks.harness.policy import Policy
from benchmarks.harness.result import Result, hole

_WORKER = Path(__file__).with_name("worker.py")
_POLL_S = 0.02


def attempt(
    cell: Cell,
    spec: dict[str, Any],
    policy: Policy,
    deadline: float,
    cache: Path | None,
    before: Result,
    on_event: Callable[[dict[str, Any]], None],
    is_again: Callable[[Result], bool] = lambda result: False,
) -> Result:
    """One process over the pending rows; afterwards at least one more row is settled.

    ``is_again`` is asked, once all rounds are over, whether they are to be measured once more.
    """
    result = Result()
    result.rows, result.failures, result.stages = before.rows, before.failures, before.stages
    result.checked = before.checked
    with tempfile.TemporaryDirectory(prefix="jacobench-") as folder:
        spec_file, journal, stderr = (Path(folder) / name for name in ("spec.json", "journal", "stderr"))
        spec_file.write_text(json.dumps(spec), encoding="utf-8")
        journal.touch()
        variables = environment(cell, policy, cache or Path(folder), spec["process"])
        with open(stderr, "wb") as sink:
            child = subprocess.Popen(
                [sys.executable, str(_WORKER), str(spec_file), str(journal)],
                stdin=subprocess.PIPE,
                stdout=sink,
                stderr=sink,
                cwd=folder,
                env=variables,
                start_new_session=True,
            )
            try:
                killed = _watch(child, journal, result, deadline, on_event, is_again)
            finally:
                _end(child)
        result.environment["policy"] = policy.describe(cell.backend, variables)
        said = stderr.read_text(encoding="utf-8", errors="replace")
    again, on_card = before.ceiling is not None, cell.device == "cuda"  # an earlier process had the device
    if result.unavailable is not None:
        if again:
            return before.lose_device(cell, spec["rows"], result.unavailable)
        for row in spec["rows"]:
            result.rows[row] = hole(cell, row, "skipped", result.unavailable)
    elif not result.ended:
        doing, row = result.doing["what"], result.doing["row"]
        row = row and row.partition("~")[0]  # the twin is its row's kernel
        kind, reason = killed or outcome.of_exit(child.returncode, said, doing)
        result.failures.append(f"{row or 'session'}: {kind} in {doing}: {reason}")
        if result.settled:  # of some rows one of the other times is missing: that is all
            return result
        if result.repeating:  # the rounds before these stand, and the rows have not been checked again
            result.choose()
            if on_card and outcome.loses_device(said):
                result.lost_device = reason
            return result
        if again and on_card and not row and outcome.breaks_device(said):  # none can begin there any more
            return before.lose_device(cell, spec["rows"], reason)
        over = time.monotonic() > deadline
        # The others are measured anew in a process without the culprit. What was measured apart from the rounds stands,
        # and after the deadline all that was measured.
        stands = {name for name, r in result.rows.items() if r["samples_s"] and (over or r.get("apart"))}
        kept = {name: r for name, r in result.rows.items() if r["outcome"] != "ok" or name in stands}
        result.keep_checked()
        result.interrupt(before)
        # Before the first row there is no culprit: the next attempt would end the same way.
        for name in [row] if row else [name for name in spec["rows"] if name not in kept]:
            if name not in kept:
                kept[name] = result.untimed(cell, name, kind, reason)
                if kind == "over_budget" and killed == _stopped(result):  # it took at least so long
                    kept[name]["measured_s"] = result.doing["limit_s"]
        result.rows = kept
        if on_card and outcome.loses_device(said):
            result.lose_device(cell, spec["rows"], reason)
    return result


def _watch(
    child: subprocess.Popen[bytes],
    journal: Path,
    result: Result,
    deadline: float,
    on_event: Callable[[dict[str, Any]], None],
    is_again: Callable[[Result], bool],
) -> tuple[str, str] | None:
    """Read the journal until the process ends, and answer it; at a deadline the outcome and the reason of what it was
    doing.
    """
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
                kind = event["event"]
                result.take(event)
                if kind == "rounds over":
                    _answer(child, result, is_again)
                since = time.monotonic()
            if ended or result.ended or result.unavailable is not None:
                return None
            now = time.monotonic()
            if now > deadline:
                # Whichever row it was at is not at fault: larger sizes may try it again.
                return "over_budget", f"time: the session's time was over in its {result.doing['what']}"
            if now - since > result.doing["limit_s"]:
                return _stopped(result)
            time.sleep(_POLL_S)


def _answer(child: subprocess.Popen[bytes], result: Result, is_again: Callable[[Result], bool]) -> None:
    """Tell the process whether its rounds are measured once more."""
    result.choose()
    if again := is_again(result):
        result.repeat()
    assert child.stdin is not None
    with contextlib.suppress(BrokenPipeError):  # it has ended meanwhile
        child.stdin.write(f"{AGAIN if again else ''}\n".encode())
        child.stdin.flush()


def _stopped(result: Result) -> tuple[str, str]:
    """Outcome and reason of what took longer than it may."""
    doing = result.doing
    kind, reason = doing.get("stopped") or ("timeout", f"{doing['what']} took longer than {doing['limit_s']:.0f} s")
    return kind, reason


def _end(child: subprocess.Popen[bytes]) -> None:
    """Kill the whole group: a finished session has written everything, and nothing of one is left behind."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child.pid, signal.SIGKILL)
    child.wait()
    assert child.stdin is not None
    with contextlib.suppress(BrokenPipeError):
        child.stdin.close()


def environment(cell: Cell, policy: Policy, cache: Path, process: int = 0) -> dict[str, str]:
    """The child's environment: the policy's, and one number of threads for every library that reads one.

    The first two processes of a cell have folders of their own for compiled code, so that two compile cold and show by
    how much that differs; every later one has that of the first, and tells what a compilation takes that is cached.
    """
    number = str(policy.threads)
    fixed = dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NPROC"), number)
    fixed |= {
        "TORCHINDUCTOR_CACHE_DIR": str(cache / "inductor" / f"{cell.name}.p{process if process < 2 else 0}"),
        "PYTHONHASHSEED": "0",
        "TF_CPP_MIN_LOG_LEVEL": "2",
    }
    if cell.backend == "jax":
        fixed["JAX_PLATFORMS"] = "cpu" if cell.device == "cpu" else "cuda,cpu"
        # A session is alone on its card, and what fits is to be told for both frameworks alike: JAX may take what torch
        # may, but for what CUDA's libraries need beside the pool. (By itself it takes three quarters.) At once, since a
        # pool that grows is one of pieces, none of which a large array may fit; torch gives its pieces back then.
        fixed["XLA_PYTHON_CLIENT_PREALLOCATE"] = "true"
        fixed["XLA_CLIENT_MEM_FRACTION"] = "0.95"
        # One of the user's would make every compilation a cached one. One of ours, for the third process as torch has
        # it, would make that another kind of process: rows ran in 0.82 to 0.89 of the time of sessions that had
        # compiled before (six pairs of sessions, four rows of logdet at D = 320, two AMD cores of family 25).
        fixed["JAX_ENABLE_COMPILATION_CACHE"] = "false"
    # The older name beside the newer one is an error to JAX.
    users = {name: value for name, value in os.environ.items() if name != "XLA_PYTHON_CLIENT_MEM_FRACTION"}
    return {**users, **fixed, **policy.variables()}
