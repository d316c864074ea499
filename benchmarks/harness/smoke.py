"""Whether anything can be measured on a device: seconds that show it, before minutes go by in sessions that fail."""

from __future__ import annotations

import time
from dataclasses import replace

import bench_core
from benchmarks.harness import session
from benchmarks.harness.lock import BusyError, machine_lock
from benchmarks.harness.profile import CARD, SMOKE
from benchmarks.harness.progress import Progress
from benchmarks.harness.run import cells

ROWS = ("relative", "gemm_floor")  # of the smallest cell of all: a gradient, and its family's yardstick


def without(device: str, ends: float, least_s: float) -> dict[str, str]:
    """The backends with which nothing works on the device, and why. What works and what does not is told: in one line,
    where nothing does. What the time is too short for (see :func:`fault`), or the machine not free, is not tried.
    """
    absent = dict[str, str]()
    for backend in bench_core.BACKENDS:
        start = time.monotonic()
        try:
            reason = fault(backend, device, ends, least_s) if ends - start >= least_s else None
        except BusyError as error:
            print(f"card: {error}", flush=True)
            break
        if reason:
            absent[backend] = reason
        elif reason is not None:
            print(f"card: {backend} works: {time.monotonic() - start:.1f} s", flush=True)
    if len(absent) == len(bench_core.BACKENDS):
        reasons = "; ".join(f"{backend}: {reason}" for backend, reason in absent.items())
        print(f"card: nothing works on device {device!r}, nothing is measured: {reasons}", flush=True)
    else:
        for backend, reason in absent.items():
            print(f"card: {backend} is left out: {reason}", flush=True)
    return absent


def fault(backend: str, device: str, ends: float, least_s: float) -> str:
    """Why every row of a session of the profile ``smoke`` failed on this device, in one line (or an empty text). It
    goes through every stage that other sessions do, and leaves no record.

    ``ends`` is when waiting for the machine and the session are over (``time.monotonic``); ``BusyError`` where the
    machine is not free ``least_s`` before.
    """
    cell = cells("logdet", backend, SMOKE, device)[0]
    with machine_lock(cell.name, Progress().tell, ends - least_s):
        # The first process on a machine that has just been lent reads frameworks of gigabytes: its limit is a card's.
        profile = replace(SMOKE, session_limit_s=min(CARD.session_limit_s, ends - time.monotonic()))
        record = session.run(cell, profile, dict.fromkeys(ROWS, ""))
    rows = [record["rows"][name] for name in ROWS]
    if any(row["outcome"] in ("ok", "over_budget") for row in rows):  # what the time was too short for has not failed
        return ""
    outcome, reason = rows[0]["outcome"], rows[0]["reason"]
    return reason if outcome == "skipped" else f"{outcome}: {reason}"
