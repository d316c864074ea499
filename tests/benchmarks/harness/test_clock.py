"""What a sample waits for: every call on the CPU, a whole queue on CUDA, which never outgrows the memory."""

from __future__ import annotations

import gc
import time

import pytest

from benchmarks.harness import clock, memory, timing
from benchmarks.harness.preparation import Row


class Kernel:
    """Counts calls and waits, and how many calls were ever on their way at once."""

    def __init__(self):
        self.runs = self.waits = self.flying = self.most = 0
        self.collected: set[bool] = set()

    def run(self):
        self.runs += 1
        self.flying += 1
        self.most = max(self.most, self.flying)
        self.collected.add(gc.isenabled())
        return self.runs

    def wait(self, out):
        assert out == self.runs  # of all that were launched it is the last that is waited for
        self.waits += 1
        self.flying = 0


def test_a_block_on_the_processor_waits_for_each_call():
    kernel = Kernel()
    assert clock.sample(kernel, 7) > 0
    assert (kernel.runs, kernel.waits, kernel.most) == (7, 7, 1)


def test_a_queued_block_waits_once_for_the_last():
    kernel = Kernel()
    assert clock.queued(kernel, 7) > 0
    assert (kernel.runs, kernel.waits, kernel.most) == (7, 1, 7)
    assert kernel.collected == {False}
    assert gc.isenabled()


@pytest.mark.parametrize(("number", "ahead", "waits"), [(7, 3, 3), (6, 3, 2), (1, 5, 1), (5, 1, 5)])
def test_a_queue_is_no_longer_than_it_may_be(number, ahead, waits):
    kernel = Kernel()
    clock.queued(kernel, number, ahead)
    assert (kernel.runs, kernel.waits, kernel.most) == (number, waits, min(number, ahead))


class SlowForAWhile(Kernel):
    """Takes twice its time as long as a scheduler keeps both threads of a pool on one processor."""

    def __init__(self, slow: int):
        super().__init__()
        self.slow = slow

    def run(self):
        time.sleep(0.02 if self.runs < self.slow else 0.002)
        return super().run()


def test_the_best_call_is_looked_for_beyond_a_slow_moment():
    assert clock.best(SlowForAWhile(9), least=5) >= 0.02
    assert clock.best(SlowForAWhile(9), least=5, least_s=10.0, enough=0.015) < 0.015
    kernel = SlowForAWhile(10**6)
    assert clock.best(kernel, least=2, least_s=0.1, enough=0.015) >= 0.02  # what lasts is told as it is
    assert kernel.runs <= 1 + 5
    kernel = SlowForAWhile(0)
    assert clock.best(kernel, least=5, least_s=10.0, enough=0.015) < 0.015
    assert kernel.runs == 1 + 5


def test_the_mean_is_of_one_call(monkeypatch):
    now = iter([10.0, 14.0])
    monkeypatch.setattr(clock.time, "perf_counter", lambda: next(now))
    assert clock.queued(Kernel(), 8) == 0.5


@pytest.mark.parametrize(
    ("call", "free", "ahead"), [(0.0, 80e9, 10_000), (1e3, 80e9, 10_000), (8e9, 80e9, 5), (60e9, 80e9, 1)]
)
def test_half_of_the_free_memory_holds_the_results_that_are_on_their_way(call, free, ahead):
    assert clock.ahead_within(call, free) == ahead


class Journal:
    def __init__(self):
        self.events: list[dict] = []

    def write(self, event, **fields):
        self.events.append({"event": event, **fields})

    def begin(self, row, what, limit_s, stopped=None):
        self.write("begin", row=row, what=what)


def _measure(device, monkeypatch):
    """Rounds of two rows of 0.1 ms a call and 2 GB of results, on a device with 40 GB; kernels and journal."""
    monkeypatch.setattr(memory, "free", lambda backend, device: 40e9)
    profile = {"block_s": 0.002, "min_rounds": 3, "max_rounds": 3, "row_budget_s": 1.0, "precision": 0.01}
    cell = {"backend": "jax", "device": device}
    spec = {"profile": profile, "cell": cell, "seed": 0, "process": 0, "rounds_deadline_s": 1e9, "allocator": "default"}
    kernels = {name: Kernel() for name in ("a", "b", "canary")}
    rows = [Row(name, None, kernels[name], 1e-4, 2e9) for name in ("a", "b")]
    journal, seen = Journal(), []
    timing.measure(rows, kernels["canary"], spec, journal, 0.0, seen.append)  # type: ignore[arg-type]
    assert seen == [0, 1, 2]
    return kernels, journal


def test_rounds_on_cuda_are_of_queues_within_the_memory(monkeypatch):
    kernels, journal = _measure("cuda", monkeypatch)
    assert kernels["b"].runs == 3 * 20
    assert kernels["b"].waits == 3 * 2
    assert kernels["b"].most == 10
    assert kernels["a"].runs == 2 * 3 * 20  # the twin is the same kernel
    assert kernels["canary"].waits == kernels["canary"].runs == 6
    samples = [event["samples"] for event in journal.events if event["event"] == "round"]
    assert [set(taken) for taken in samples] == 3 * [{"canary", "a", "b", "a~twin"}]


def test_rounds_on_the_processor_wait_for_each_call(monkeypatch):
    kernels, _ = _measure("cpu", monkeypatch)
    for kernel in kernels.values():
        assert kernel.runs == kernel.waits
        assert kernel.most == 1
