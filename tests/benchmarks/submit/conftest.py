"""Runs of tiny cells that are submitted: a repository of its own, real jobs, real ledgers."""

from __future__ import annotations

import json
import os
import signal
import time
from pathlib import Path

import psutil
import pytest

from benchmarks.harness.unfinished import open_cells

DEADLINE_S = 300


class Tiny:
    """A repository whose profile smoke has so many cells, each of one row that takes microseconds, in JAX: of a session
    most is the import, which takes torch twice as long.
    """

    ROW = "gemm_floor"

    def __init__(self, repository, count: int):
        self.repository, self.count = repository, count
        repository.replace(
            "benchmarks/families/logdet.py", "_sweeps((8, 12), (16,))", f"_sweeps(tuple(range(8, {8 + count})), (16,))"
        )
        for file, line in (
            ("bench_core/__init__.py", 'FAMILIES, BACKENDS = ("logdet",), ("jax",)'),
            (
                "bench_core/logdet/__init__.py",
                f"METHODS = tuple(each for each in METHODS if each.name == {self.ROW!r})",
            ),
        ):
            listing = repository.folder / file
            listing.write_text(f"{listing.read_text()}\n{line}\n")
        repository.commit("tiny cells")
        repository.environment |= {"BENCH_THREADS": "1", "OMP_NUM_THREADS": "1"}
        self.results = repository.folder / "results-local" / "here"

    def cell(self, D: int) -> str:
        """The name of the cell of this size."""
        return f"logdet-jax-cpu-float32-D{D}-B16-L2"

    def submit(self, *arguments: str, **variables: str):
        """``python -m benchmarks submit`` to its end."""
        return self.repository.python("-m", "benchmarks", "submit", *arguments, **variables)

    def start(self, *arguments: str):
        """The same, not waited for."""
        return self.repository.start("-m", "benchmarks", "submit", *arguments)

    def ledgers(self) -> dict[str, list[dict]]:
        """Events of every session's ledger in the spool, by cell."""
        paths = self.results.glob("submitted/*/here/sessions/*/runs/*.ledger")
        found = [[json.loads(line) for line in path.read_text().splitlines() if line.endswith("}")] for path in paths]
        return {next(iter(events[0]["planned"])): events for events in found if events}

    def events(self, kind: str) -> list[dict]:
        """Events of one kind of all sessions."""
        return [event for events in self.ledgers().values() for event in events if event["event"] == kind]

    def records(self) -> dict[str, dict]:
        """Records that were merged, by name."""
        paths = self.results.parent.glob("*/sessions/*/*.session")
        return {path.name: json.loads(path.read_text()) for path in paths}

    def folder(self) -> Path:
        """Where the records are merged to."""
        (found,) = self.results.glob("sessions/*/")
        return found

    def open_cells(self) -> set[str]:
        return open_cells(self.folder())

    def until(self, condition, what: str):
        """Wait for a condition; what it then gives."""
        deadline = time.monotonic() + DEADLINE_S
        while not (found := condition()):
            assert time.monotonic() < deadline, f"never {what}"
            time.sleep(0.02)
        return found

    def in_flight(self, at_least: int = 1) -> dict | None:
        """The session that is being timed, where at least so many have begun."""
        begun = self.events("running")
        done = {(event["cell"], event["process"]) for event in self.events("done")}
        timed = [event for event in begun if (event["cell"], event["process"]) not in done and _lives(event["pid"])]
        return timed[0] if timed and len(begun) >= at_least else None

    def kill_in_mid_cell(self, at_least: int = 1) -> str:
        """Kill the job that is timing a session; the cell."""
        event = self.until(lambda: self.in_flight(at_least), "in a session")
        os.kill(event["pid"], signal.SIGKILL)
        return event["cell"]

    def processes(self) -> list[psutil.Process]:
        """All that use the repository's own lock."""
        found = []
        for process in psutil.process_iter():
            try:
                ours = process.environ().get("BENCH_LOCK") == self.repository.environment["BENCH_LOCK"]
                if ours and process.status() != psutil.STATUS_ZOMBIE:
                    found.append(process)
            except (psutil.NoSuchProcess, psutil.AccessDenied):
                continue
        return found

    def spans(self) -> list[tuple[float, float]]:
        """When the sessions of the records were timed, in seconds of the machine's clock, in order."""
        found = []
        for events in self.ledgers().values():
            done = [event for event in events if event["event"] == "done"][-1]
            start = [event for event in events if event["event"] == "running"][-1]
            found.append((start["up"], start["up"] + done["elapsed_s"]))
        return sorted(found)


def _lives(pid: int) -> bool:
    return psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE


@pytest.fixture
def tiny(repository):
    """Make a repository of so many tiny cells; at the end nothing of it is left running."""
    made = []

    def make(count: int) -> Tiny:
        made.append(Tiny(repository, count))
        return made[-1]

    yield make
    for each in made:
        left = each.processes()
        assert not left, f"left behind: {[process.cmdline() for process in left]}"


@pytest.fixture
def cluster(monkeypatch, tmp_path, small_ceilings):
    """A mocked Slurm: see ``mocked.py``."""
    from tests.benchmarks.submit.mocked import set_up

    with set_up(monkeypatch, tmp_path) as made:
        yield made
