"""Timing: paired rounds over all rows of a session, the A/A twin among them, the canary before each."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from benchmarks.harness import clock, fresh, memory, rounds
from benchmarks.harness.journal import Journal
from benchmarks.harness.preparation import LONG_CALL_S, Row


def measure(
    rows: list[Row],
    canary: Any,
    spec: dict[str, Any],
    journal: Journal,
    start: float,
    after_round: Callable[[int], None] = lambda count: None,
) -> None:
    """Time the rows until they have enough; the first is the baseline. ``start`` is when the process began.

    ``after_round`` is called with each round's number when all of its samples have been taken.
    """
    if not rows:
        return
    profile = spec["profile"]
    baseline, twin = rows[0].name, f"{rows[0].name}~twin"
    live = {row.name: row for row in rows}
    if rows[0].seconds <= LONG_CALL_S:  # at long calls the twin would take a sixth of the session
        live[twin] = rows[0]
    numbers = {name: clock.calls_per_sample(row.seconds, profile["block_s"]) for name, row in live.items()}
    blocks = {name: numbers[name] * row.seconds for name, row in live.items()}
    least, most = profile["min_rounds"], profile["max_rounds"]
    quota = {name: min(most, max(least, int(profile["row_budget_s"] / blocks[name]))) for name in live}
    if twin in live:
        journal.write("twin", row=twin, of=baseline, number=numbers[twin])
    samplers = _samplers(live, spec["cell"])
    for name, row in live.items():
        if fresh.applies(name, row.kernel, spec):
            samplers[name] = fresh.sample
            journal.write("fresh", row=name)
    samples: dict[str, dict[int, float]] = {name: {} for name in live}
    stop = rounds.Stop(profile["precision"], start + spec["rounds_deadline_s"])
    others = set(live) - {baseline, twin}
    reason, count = "rounds", 0
    for order in rounds.orders(list(live), spec["seed"] * 1000 + spec["process"]):
        turn = [name for name in order if len(samples[name]) < quota[name]]
        # It ends with the baseline, or when only the twin is left to pair with it.
        if baseline not in turn or (others and not others.intersection(turn)):
            break
        clock.sample(canary, 1)  # large kernels leave the caches cold: that is not what the canary is for
        taken = {"canary": clock.sample(canary, 1)}
        for name in turn:
            journal.begin(name, f"round {count}", 60 + 10 * blocks[name])
            taken[name] = samples[name][count] = samplers[name](live[name].kernel, numbers[name])
        journal.write("round", index=count, order=turn, samples=taken)
        after_round(count)
        count += 1
        if count < least and time.perf_counter() < stop.deadline:
            continue
        widths = [_half_width(samples[name], samples[baseline]) for name in turn if name != baseline]
        if stopped := stop.reason(count, widths, time.perf_counter()):
            reason = stopped
            break
    journal.write("stop", reason=reason, rounds=count)


def _samplers(live: dict[str, Row], cell: dict[str, Any]) -> dict[str, Callable[[Any, int], float]]:
    """How a sample of each row is taken: call by call, or on CUDA in a queue."""
    if cell["device"] == "cpu":
        return dict.fromkeys(live, clock.sample)
    free = memory.free(cell["backend"], cell["device"])
    return {name: partial(clock.queued, ahead=clock.ahead_within(row.bytes, free)) for name, row in live.items()}


def _half_width(row: dict[int, float], baseline: dict[int, float]) -> float:
    """Half the interval of the row's ratio to the baseline, over the rounds that both took part in."""
    shared = [index for index in row if index in baseline]
    return rounds.half_width(np.array([row[i] for i in shared]), np.array([baseline[i] for i in shared]))
