"""Small sessions under test, and what is done to them: a profile and a cell, faults in a checkout's code, kills."""

from __future__ import annotations

import json
import signal
import threading
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import psutil

from benchmarks.harness.cell import Cell
from benchmarks.harness.profile import QUICK

FAST = replace(QUICK, row_budget_s=0.05, max_rounds=8, processes=1, repetitions=0)
SMALL = Cell.of("logdet", "torch", {"D": 12, "B": 8, "L": 2})


def record_of(results: Path) -> dict:
    (path,) = results.glob("*/sessions/*/*.session")
    return json.loads(path.read_text())


def plant(file: Path, old: str, new: str) -> None:
    """Replace what must be there."""
    text = file.read_text()
    assert old in text, f"{file.name} has no {old!r}"
    file.write_text(text.replace(old, new))


def make_impatient(checkout: Path, seconds: int) -> None:
    """Everything a row does may take so long and no longer, after which the session goes on without it."""
    harness = checkout / "benchmarks/harness"
    plant(
        harness / "preparation.py", "patience = admission.patience(", f"patience = {seconds} + 0 * admission.patience("
    )
    plant(harness / "preparation.py", "slow = 60 + 10 *", f"slow = {seconds} + 0 *")
    plant(harness / "preparation.py", "RECORDING_S = 300.0", f"RECORDING_S = {seconds}")
    plant(harness / "timing.py", "60 + 10 * blocks[name]", f"{seconds}")
    plant(harness / "stages.py", '"check again", 120', f'"check again", {seconds}')


def find_workers(processes: Iterable[psutil.Process]) -> list[psutil.Process]:
    """Those that are a session's worker; what ends while it is asked is none."""

    def is_worker(process: psutil.Process) -> bool:
        try:
            return "worker.py" in " ".join(process.cmdline())
        except psutil.NoSuchProcess:  # a zombie is one
            return False

    return [process for process in processes if is_worker(process)]


def killer(when):
    """An event that is set, and a follower that kills the worker, at the first beginning that ``when`` names."""
    hit = threading.Event()

    def kill(event):
        if event["event"] == "begin" and when(event) and not hit.is_set():
            hit.set()
            for worker in find_workers(psutil.Process().children(recursive=True)):
                worker.send_signal(signal.SIGKILL)

    return hit, kill
