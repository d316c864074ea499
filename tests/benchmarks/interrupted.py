"""Runs to be interrupted: commands, what their ledgers and processes say, and whether they are gone on with."""

from __future__ import annotations

import contextlib
import json
import signal
import subprocess
import time

import psutil

from tests.benchmarks.harness.sessions import find_workers

PLAIN = ("-m", "benchmarks", "run", "--plain", "--profile", "smoke", "--machine", "here")
BENCH = r"^logdet\.Torch\.track_(seconds|outcome)"
ASV = ("-m", "benchmarks", "run", "--profile", "smoke", "--machine", "here", "--bench", BENCH)
DEADLINE_S = 300


def of(repository) -> list[psutil.Process]:
    """All processes that use the checkout's own temporary folder."""
    found = []
    for process in psutil.process_iter():
        try:
            ours = process.environ().get("BENCH_LOCK") == repository.environment["BENCH_LOCK"]
            if ours and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            continue
    return found


def until(condition, what: str):
    deadline = time.monotonic() + DEADLINE_S
    while not (found := condition()):
        assert time.monotonic() < deadline, f"never {what}"
        time.sleep(0.02)
    return found


def events(repository) -> list[dict]:
    """Whole lines of all ledgers, run after run."""
    paths = sorted(repository.folder.glob("results-local/*/sessions/*/runs/*.ledger"))
    return [json.loads(line) for path in paths for line in path.read_text().splitlines() if line.endswith("}")]


def of_kind(repository, kind: str) -> list[dict]:
    return [event for event in events(repository) if event["event"] == kind]


def start_in_background(repository, command) -> subprocess.Popen:
    """As a script starts it with ``&``: its shell lets it ignore the interrupt from the keyboard."""
    return repository.start(*command, through=("bash", "-c", "trap '' INT; exec \"$@\"", "bash"))


def in_second_session(repository) -> dict[str, str]:
    """Wait until one session is kept and the next is running, which takes seconds; the records by name."""
    until(lambda: len(of_kind(repository, "running")) >= 2, "in the second session")
    return {path.name: path.read_text() for path in repository.records()}


def worker(repository) -> psutil.Process:
    return until(lambda: find_workers(of(repository)), "a worker")[0]


def gone(repository) -> None:
    until(lambda: not of(repository), "over")


def goes_on(repository, command, kept: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """The same command ends well with all cells, and what was kept is the same still."""
    done = repository.python(*command)
    assert done.returncode == 0, done.stdout + done.stderr
    now = {path.name: path.read_text() for path in repository.records()}
    assert len(now) == 2
    assert kept
    assert kept.items() <= now.items()
    return done


def kill_all(repository, child) -> None:
    for process in of(repository):
        with contextlib.suppress(psutil.NoSuchProcess):  # it has just ended
            process.send_signal(signal.SIGKILL)
    child.wait()
