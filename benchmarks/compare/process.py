"""One side's process from outside: start it, ask it, keep its deadlines, end it."""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import subprocess
import tempfile
import time
from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from benchmarks.compare.sides import COMPILED, Side
from benchmarks.harness import child, outcome
from benchmarks.harness.cell import Cell
from benchmarks.harness.policy import chosen
from benchmarks.harness.profile import Profile
from benchmarks.harness.result import Result

_WORKER = Path(child.__file__).with_name("worker.py")
_SHARED = {"XLA_PYTHON_CLIENT_PREALLOCATE": "false"}  # of two processes on one card neither takes it whole


class Lost(Exception):
    """The process ended or was killed at a deadline; ``row`` is what it was working on, None before the first."""

    def __init__(self, row: str | None, kind: str, reason: str):
        super().__init__(f"{row or 'session'}: {kind}: {reason}")
        self.row, self.kind, self.reason = row, kind, reason


class Process:
    """A context: the process ends with it, and all that it started."""

    def __init__(self, side: Side, cell: Cell, profile: Profile, spec: Mapping[str, Any], policy: Mapping[str, str]):
        self.result = Result()
        self._own: dict[str, str] = {}  # a row's name in this process, by that which both sides have for it
        settings, own = side.settings, chosen()
        own = replace(own, threads=settings.threads or own.threads)
        cell = replace(cell, dtype=settings.dtype or cell.dtype)
        self._folder = tempfile.TemporaryDirectory(prefix="jacobench-")
        folder = Path(self._folder.name)
        limits = {
            "call_limit_s": spec["patience"] * profile.call_seconds(cell.family, dict(cell.sizes)),
        }
        (folder / "spec.json").write_text(
            json.dumps(
                {
                    "stages": "benchmarks.compare.lockstep",
                    "cell": cell.to_json(),
                    "letter": cell.letter,
                    "profile": asdict(profile) | limits,
                    "seed": 0,
                    "process": 0,
                    "smaller": {},
                    "rounds_deadline_s": 0.9 * profile.session_limit_s,
                    "threads": own.threads,
                    "allocator": own.allocator,
                    "bench_core": str(side.folder),
                    "form": settings.form,
                    "address_space_bytes": int(os.environ.get("BENCH_ADDRESS_SPACE_BYTES", "0")),
                    **spec,
                }
            ),
            encoding="utf-8",
        )
        cache = side.folder.with_name(f"{COMPILED}{side.content}")
        self._said = folder / "stderr"
        self._answers, answers = os.pipe()
        with open(self._said, "wb") as sink:
            self._child = subprocess.Popen(
                [side.python, str(_WORKER), str(folder / "spec.json"), f"/dev/fd/{answers}"],
                stdin=subprocess.PIPE,
                stdout=sink,
                stderr=sink,
                cwd=folder,
                env={**child.environment(cell, own, cache), **_SHARED, **policy, **dict(settings.variables)},
                start_new_session=True,
                pass_fds=(answers,),
            )
        os.close(answers)
        self._rest = b""

    def __enter__(self) -> Process:
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._child.pid, signal.SIGKILL)
        with contextlib.suppress(OSError):
            assert self._child.stdin is not None
            self._child.stdin.close()
        self._child.wait()
        os.close(self._answers)
        self._folder.cleanup()

    def tell(self, line: str) -> None:
        """Write one line to the process."""
        assert self._child.stdin is not None
        with contextlib.suppress(BrokenPipeError):  # whoever waits for the answer says what happened
            self._child.stdin.write(line.encode() + b"\n")
            self._child.stdin.flush()

    def time(self, row: str, number: int, seconds: float) -> float:
        """Mean seconds of ``number`` calls that are expected to take ``seconds`` each."""
        own = self._own[row]
        self.result.doing = {"row": own, "what": "timing", "limit_s": 60 + 20 * (number + 1) * seconds}
        self.tell(json.dumps({"row": own, "number": number}))
        return self.until("timed")["seconds"]

    @property
    def names(self) -> list[str]:
        """Its rows, by what both sides call them."""
        return list(self._own)

    def ready(self) -> dict[str, float]:
        """Once its rows are prepared: seconds of a call of each."""
        self.tell("go")
        seconds = self.until("ready")["seconds"]
        return {name: seconds[own] for name, own in self._own.items() if own in seconds}

    def rows(self) -> dict[str, dict[str, Any]]:
        """What became of the rows so far."""
        return {name: self.result.rows[own] for name, own in self._own.items() if own in self.result.rows}

    def until(self, *kinds: str) -> dict[str, Any]:
        """Take events up to the first of these kinds, and return it.

        Raises
        ------
        Lost
            where the process ends before that, or does not answer in time
        """
        deadline = time.monotonic() + self.result.doing["limit_s"]
        while True:
            *lines, self._rest = self._rest.split(b"\n")
            for place, line in enumerate(lines):
                event = json.loads(line)
                kind = event["event"]
                self.result.take(dict(event))
                if kind == "rows":
                    self._own = event["names"]
                if kind in kinds:
                    self._rest = b"\n".join([*lines[place + 1 :], self._rest])
                    return event
                deadline = time.monotonic() + self.result.doing["limit_s"]
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([self._answers], [], [], left)[0]:
                doing = self.result.doing
                raise Lost(self._shared(), "timeout", f"{doing['what']} took longer than {doing['limit_s']:.0f} s")
            chunk = os.read(self._answers, 1 << 16)
            if not chunk:
                self._child.wait()
                said = self._said.read_text(encoding="utf-8", errors="replace")
                doing = self.result.doing
                raise Lost(self._shared(), *outcome.of_exit(self._child.returncode, said, doing["what"]))
            self._rest += chunk

    def _shared(self) -> str | None:
        """Both sides' name of the row that is worked on."""
        row = self.result.doing["row"]
        return next((name for name, own in self._own.items() if own == row), row)
