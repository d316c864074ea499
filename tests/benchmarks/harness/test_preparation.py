"""What preparation leaves time for and whose turn comes first."""

from __future__ import annotations

import json
import time
from dataclasses import asdict, replace
from functools import partial
from types import SimpleNamespace

import psutil

import bench_core
from benchmarks.harness import cgroup, memory
from benchmarks.harness.journal import Journal
from benchmarks.harness.preparation import Preparation
from benchmarks.harness.profile import QUICK

GIB = 2**30
SIZES = {"D": 12, "B": 8, "L": 2}
METHODS = {method.name: method for method in bench_core.methods("logdet", "torch")}


def _prepare(folder, rows, smaller=None, min_rounds=6, deadline_s=60.0, flops_per_s=1e11, sizes=SIZES, **profile):
    """Names of the rows that are ready, and the rows' events in their order."""
    spec = {
        "cell": {"family": "logdet", "backend": "torch", "device": "cpu", "dtype": "float32"},
        "profile": asdict(replace(QUICK, min_rounds=min_rounds, **profile)),
        "process": 0,
        "rows": rows,
        "smaller": smaller or {},
        "timed": [],
        "rounds_deadline_s": deadline_s,
    }
    problem = bench_core.problem("logdet", **sizes)
    journal = folder / "journal"
    log = Journal(str(journal))
    try:
        ready = Preparation(spec, log, problem, flops_per_s, time.perf_counter()).rows(METHODS)
    finally:
        log._stream.close()
    events = [json.loads(line) for line in journal.read_text().splitlines()]
    return [row.name for row in ready], [event for event in events if event["event"] == "row"]


def test_rows_that_leave_no_time_for_the_rounds_are_not_tried(tmp_path):
    """Of 4,000 rounds of 2 ms the first row and its twin need 16 s, and a second row 8 s more."""
    ready, events = _prepare(tmp_path, ["relative", "transposed", "inverse"], min_rounds=4000, deadline_s=20.0)
    assert ready == ["relative"]
    assert [event["outcome"] for event in events] == ["ok", "over_budget", "over_budget"]
    reason = "time: the session's 90 s were taken before its turn; it was not tried"
    assert [event["reason"] for event in events] == ["", reason, reason]


def test_what_may_end_the_process_comes_first_and_refuses_nothing(tmp_path):
    """At a smaller size it took so long that it would be over the budget by far here: it is tried all the same."""
    # A tenth of the budget at the best rate, and five times the budget at that of the smaller size.
    rate = 10 * METHODS["inverse"].cost(bench_core.problem("logdet", **SIZES)).flops / QUICK.call_limit_s
    slow = {"inverse": {"flops": rate / 50, "seconds": 1.0, "size": 2}}
    ready, events = _prepare(tmp_path, ["relative", "transposed", "inverse"], smaller=slow, flops_per_s=rate)
    assert [event["row"] for event in events] == ["inverse", "relative", "transposed"]
    assert [event["outcome"] for event in events] == ["ok"] * 3
    assert events[0]["predicted_s"] > QUICK.call_limit_s
    assert ready == ["relative", "transposed", "inverse"]


def test_a_row_says_how_its_memory_was_read(tmp_path):
    _, (event,) = _prepare(tmp_path, ["relative"])
    assert event["peak_instrument"] == "torch allocator"
    assert event["peak_bytes"] > 2 * 4 * 12 * 12


def test_results_that_are_there_already_need_no_free_memory(tmp_path, monkeypatch):
    """``gemm_floor`` writes where ``relative`` has written; a row with results of its own is refused."""
    free = iter([1e9, 1e9])  # when the rows are ordered, and when the first is admitted
    monkeypatch.setattr(memory, "free", lambda *where: next(free, 100.0))
    ready, events = _prepare(tmp_path, ["relative", "gemm_floor", "slogdet_autodiff", "relative:allocating"])
    assert ready == ["relative", "gemm_floor"]
    refused = {event["row"]: event["reason"] for event in events if event["outcome"] != "ok"}
    assert set(refused) == {"slogdet_autodiff", "relative:allocating"}
    assert all(reason.startswith("memory: its results and largest array are ") for reason in refused.values())


def test_a_row_of_7_gib_is_refused_in_a_control_group_of_1_5(tmp_path, monkeypatch):
    """Whatever the machine has: the Jacobians of 100 samples at D = 4300 are 4 x 100 x 4300^2 bytes."""
    group = {"memory.max": 3 * GIB // 2, "memory.current": 0}
    files = {"proc/self/cgroup": "0::/group"} | {f"sys/fs/cgroup/group/{name}": n for name, n in group.items()}
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(str(text))
    monkeypatch.setattr(cgroup, "memory_free_bytes", partial(cgroup.memory_free_bytes, tmp_path))
    monkeypatch.setattr(psutil, "virtual_memory", lambda: SimpleNamespace(available=64 * GIB))
    assert memory.free("torch", "cpu") == memory.free("jax", "cpu") == 1.5 * GIB
    ready, (event,) = _prepare(tmp_path, ["jacobian_autodiff"], sizes={"D": 4300, "B": 100, "L": 2})
    assert ready == []
    assert event["outcome"] == "over_budget"
    assert event["reason"] == "memory: its results and largest array are 7.0 GiB, 1.5 GiB are free"


class _HeldUp:
    """A kernel whose first two calls take two thirds of a second more, as on a machine that does something else."""

    def __init__(self, kernel):
        self._kernel, self._calls = kernel, 0

    def run(self):
        self._calls += 1
        time.sleep(0.67 if self._calls <= 2 else 0)
        return self._kernel.run()

    def __getattr__(self, name):
        return getattr(self._kernel, name)


def test_a_machine_that_is_held_up_for_two_calls_refuses_no_row(tmp_path, monkeypatch):
    build = bench_core.Method.build
    monkeypatch.setattr(bench_core.Method, "build", lambda self, *given, **more: _HeldUp(build(self, *given, **more)))
    ready, events = _prepare(tmp_path, ["relative"], call_limit_s=0.5)
    assert [(event["outcome"], event["reason"]) for event in events] == [("ok", "")]
    assert ready == ["relative"]
