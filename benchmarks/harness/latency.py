"""The other times of a row on CUDA, in a pass after the rounds: one call alone, with a warm cache and with a cold one,
and a call by the device's own clock.

A row's samples are queued blocks. How long a single call takes until its result is there, and how long the device works
on it, are questions of their own: they have a bounded number of calls, and pair with nothing.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from typing import Any

from benchmarks.harness import clock, device_clock, memory, outcome
from benchmarks.harness.journal import Journal
from benchmarks.harness.preparation import Row
from benchmarks.harness.sweep import sweeper

CALLS, BLOCKS = 20, 5  # at most
WITHIN_S = 0.1  # of a row's calls of each kind: a longer call has none, its block is a call that is waited for
# Starting and reading a trace takes longer than the calls in it: all of them together take no more than this share of
# the session so far, or so many seconds.
TRACES_SHARE, TRACES_S = 0.1, 4.0


def measure(rows: list[Row], spec: dict[str, Any], journal: Journal, start: float) -> None:
    """Write the other times of these rows to the journal; ``start`` is when the process began."""
    deadline = start + spec["rounds_deadline_s"]
    _latencies(rows, spec, journal, deadline)  # of all rows before the first trace, after which launches may be slower
    began = time.perf_counter()
    traced_until = began + max(TRACES_S, TRACES_SHARE * (began - start))
    free = memory.free(spec["cell"]["backend"], "cuda")
    for row in rows:
        journal.begin(row.name, "device time", 120)
        found = _told("device_note", partial(_device, row, spec, free, traced_until, deadline))
        journal.write("times", row=row.name, **{"device_s": None} | found)


def _latencies(rows: list[Row], spec: dict[str, Any], journal: Journal, deadline: float) -> None:
    try:
        sweep, why = sweeper(spec["cell"]["backend"]), "the CUDA driver does not tell the size of the L2 cache"
    except Exception as error:
        sweep, why = None, outcome.of_exception(error)[1]
    for row in rows:
        journal.begin(row.name, "latency", 60)
        found = _told("latency_note", partial(_alone, row, sweep, why, deadline))
        journal.write("times", row=row.name, **{"latency_s": [], "cold_latency_s": []} | found)


def _told(note: str, measure: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """What it measures, or as a note why it cannot: that costs neither the row nor the session."""
    try:
        return measure()
    except device_clock.Unknown as error:
        return {note: str(error)}
    except Exception as error:
        return {note: outcome.of_exception(error)[1]}


def _alone(row: Row, sweep: Callable[[], None] | None, why: str, deadline: float) -> dict[str, Any]:
    """Calls that are waited for one by one: a warm one, and one after the cache has been swept, in turn. A clock that
    moves meanwhile moves both.
    """
    count = min(CALLS, int(WITHIN_S / row.seconds))
    _in_time(row, count, deadline)
    warm, cold = [], []
    clock.sample(row.kernel, 1)  # what ran before was another row
    for _ in range(count):
        warm.append(clock.sample(row.kernel, 1))  # after a call of its own, which has left there what it read
        if sweep is not None:
            sweep()
            cold.append(clock.sample(row.kernel, 1))
    note = {"latency_note": f"no cold calls: {why}"} if sweep is None else {}
    return {"latency_s": warm, "cold_latency_s": cold} | note


def _device(row: Row, spec: dict[str, Any], free: float, traced_until: float, deadline: float) -> dict[str, Any]:
    """Seconds of a call by the device's clock: of some blocks in torch, of one traced block in JAX."""
    calls = int(WITHIN_S / row.seconds)
    _in_time(row, calls, deadline)
    ahead = clock.ahead_within(row.bytes, free)
    if spec["cell"]["backend"] == "jax":
        if time.perf_counter() > traced_until:
            raise device_clock.Unknown("the session's time for traces was over before its turn")
        return {"device_s": [device_clock.by_trace(row.kernel, min(CALLS, calls), ahead)]}
    number = min(calls, clock.calls_per_sample(row.seconds, spec["profile"]["block_s"]))
    return {"device_s": device_clock.by_events(row.kernel, number, min(BLOCKS, calls // number), ahead)}


def _in_time(row: Row, count: int, deadline: float) -> None:
    if count < 1:
        raise device_clock.Unknown(f"a call takes {row.seconds:.3g} s: its samples are single calls, waited for")
    if time.perf_counter() > deadline:
        raise device_clock.Unknown("the session's time was over before its turn")
