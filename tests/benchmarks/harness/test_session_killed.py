"""Real sessions whose process is killed or runs out of memory: its row's outcome, and nobody else's."""

from __future__ import annotations

import os
import signal
import sys
import time
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from benchmarks.harness import session
from benchmarks.harness.cell import Cell
from tests.benchmarks.harness.sessions import FAST, SMALL, find_workers, killer, plant

pytestmark = pytest.mark.usefixtures("small_ceilings")

ROOT = Path(__file__).resolve().parents[3]


@pytest.mark.long
def test_exhausted_memory_is_oom_and_the_session_goes_on(monkeypatch):
    """The child may map 3 GiB; the Jacobians of 12,800 samples at D = 100 need more, the other rows little."""
    monkeypatch.setenv("BENCH_ADDRESS_SPACE_BYTES", str(3 * 2**30))
    patient = replace(FAST, call_limit_s=1e9)
    rows = {"relative": "", "jacobian_autodiff": "", "gemm_floor": ""}
    record = session.run(Cell.of("logdet", "torch", {"D": 100, "B": 12_800}), patient, rows)
    assert record["rows"]["jacobian_autodiff"]["outcome"] == "oom", record["rows"]["jacobian_autodiff"]
    assert record["rows"]["jacobian_autodiff"]["reason"]
    for name in ("relative", "gemm_floor"):
        assert record["rows"][name]["outcome"] == "ok"
        assert record["rows"][name]["samples_s"]


@pytest.mark.long
def test_a_killed_process_costs_its_row_only():
    """SIGKILL from outside, as the system's out-of-memory killer sends it, while one row is being built."""
    hit, kill = killer(lambda event: event["row"] == "inverse")
    rows = {"relative": "", "inverse": "", "gemm_floor": ""}
    record = session.run(Cell.of("logdet", "torch", {"D": 1000}), replace(FAST, call_limit_s=9.0), rows, on_event=kill)
    assert hit.is_set()
    assert record["rows"]["inverse"]["outcome"] == "oom"
    assert "killed in" in record["rows"]["inverse"]["reason"]
    assert len(record["failures"]) == 1
    assert record["rows"]["relative"]["samples_s"]
    assert record["rows"]["gemm_floor"]["samples_s"]


@pytest.mark.slow
def test_a_kill_in_the_twins_turn_is_its_rows(checkout, kernels_of):
    """The twin is a row of the record, and no method."""
    kernels_of(checkout / "bench_core")
    # A call long enough for the signal to reach the worker within it, on a busy machine too.
    kernel, last = checkout / "bench_core/logdet/torch/relative.py", "    pre, deltas, turned = "
    plant(kernel, last, f"    __import__('time').sleep(0.25)\n{last}")
    hit, kill = killer(lambda event: (event["row"] or "").endswith("~twin"))
    rows = {"relative": "", "gemm_floor": ""}
    record = session.run(SMALL, replace(FAST, call_limit_s=9.0), rows, on_event=kill)
    assert hit.is_set()
    assert record["rows"]["relative"]["outcome"] == "oom"
    assert record["rows"]["gemm_floor"]["samples_s"]


def test_a_worker_dies_with_the_process_that_started_it(tmp_path):
    code = (
        "from benchmarks.harness import session; from benchmarks.harness.cell import Cell; "
        "from benchmarks.harness.profile import QUICK; "
        "session.run(Cell.of('logdet', 'torch', {'D': 3000}), QUICK, {'relative': '', 'gemm_floor': ''})"
    )
    # What it has no time to remove lies in the test's own folder.
    own = os.environ | {"PYTHONPATH": str(ROOT), "TMPDIR": str(tmp_path)}
    parent = psutil.Popen([sys.executable, "-c", code], cwd=ROOT, env=own)
    deadline = time.monotonic() + 60
    while not (workers := find_workers(parent.children())):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    time.sleep(0.5)
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    _, alive = psutil.wait_procs(workers, timeout=10)
    assert alive == []
