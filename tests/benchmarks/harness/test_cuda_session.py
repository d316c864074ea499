"""Sessions on CUDA: all that a record has there. On a card where there is one, and its stages on an injected device."""

from __future__ import annotations

import json
import math
import statistics
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.harness import gpu, session
from benchmarks.harness.cell import Cell
from benchmarks.harness.profile import QUICK

FAST = replace(QUICK, row_budget_s=0.1, max_rounds=8, processes=1, repetitions=0)
ROWS = ("relative", "inverse", "relative_step", "gemm_floor")


@pytest.fixture
def card():
    if (found := gpu.first_visible()) is None:
        pytest.skip("no CUDA device")
    return found


@pytest.mark.cuda
@pytest.mark.parametrize("D", [64, 2048])
@pytest.mark.parametrize("backend", ["torch", "jax"])
def test_a_session_on_a_card_has_all_times_and_a_state(card, backend, D):
    cell = Cell.of("logdet", backend, {"D": D, "B": 32, "L": 2}, "cuda")
    record = session.run(cell, FAST, dict.fromkeys(ROWS, ""))
    assert record["failures"] == []
    assert record["stages_s"]["latency"] < 0.5 * record["elapsed_s"]
    assert record["environment"]["gpu"]
    step = 4 * D * D
    for name in ROWS:
        row = record["rows"][name]
        assert row["outcome"] == "ok", row["reason"]
        assert row["error"] <= row["tolerance"]
        assert len(row["samples_s"]) >= 6
        assert len(row["latency_s"]) >= 5, row.get("latency_note")
        assert len(row["cold_latency_s"]) == len(row["latency_s"]), row.get("latency_note")
        if row["device_s"] is None:  # JAX's traces have their time in a session, and the first row is sure of one
            assert name != ROWS[0]
            assert row["device_note"] == "the session's time for traces was over before its turn"
        block, alone = statistics.median(row["samples_s"]), statistics.median(row["latency_s"])
        # A queue hides the wait; the device works no longer than the host waits for it. The two are taken seconds
        # apart, and where launches are all of a call the host's noise is in both (seen: 17 %).
        assert block <= 1.3 * alone + 2e-6
        assert statistics.median(row["device_s"] or [0.0]) <= 1.5 * block + 5e-6
        assert statistics.median(row["cold_latency_s"]) >= 0.7 * alone
        assert row["peak_instrument"] == "allocator peak rise"
        assert 0 <= row["peak_bytes"] <= 100 * step + (64 << 20)
        if name == "inverse" and D == 2048:
            assert row["peak_bytes"] >= step
    state = record["state"]["card"]
    if state is not None:  # the CUDA driver may be there without NVML
        assert state["sm_mhz_samples"]
        assert 0 < state["sm_mhz"] <= 1.1 * state["default_sm_mhz"]
        assert 0 < state["before"]["power_w"] < 2000
        assert 0 < state["after"]["temperature_c"] < 120
        assert state["taken_at_start_bytes"] < 8 << 30


TOO_MUCH = """
import sys
from benchmarks.harness import memory, outcome
backend, taken = sys.argv[1], 2 << 30
if backend == "torch":
    import torch as numbers
    options = {"dtype": numbers.uint8, "device": "cuda"}
else:
    import jax.numpy as numbers
    options = {"dtype": "uint8"}
first = numbers.zeros(taken, **options) + 1
del first
before = memory.free(backend, "cuda")
second = numbers.zeros(taken, **options)
held = before - memory.free(backend, "cuda")
try:
    out = numbers.zeros(int(before) + (1 << 30), **options)
    out.block_until_ready() if backend == "jax" else None
except Exception as error:
    said = outcome.of_exception(error)
memory.release(backend, "cuda")
del second
third = numbers.zeros(int(0.8 * before), **options)
print(said[0], round(held / taken, 2), before > 20 * taken)
"""


@pytest.mark.cuda
@pytest.mark.parametrize("backend", ["torch", "jax"])
def test_what_is_free_and_what_is_too_much_on_a_card(card, backend, run_python):
    """What was given back to torch's cache or JAX's pool is free; a card of 48 GB or more."""
    variables = {"XLA_CLIENT_MEM_FRACTION": "0.95"} if backend == "jax" else {}
    done = run_python("-c", TOO_MUCH, backend, timeout=120, **variables)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["oom", "1.0", "True"]


@pytest.mark.cuda
def test_the_driver_tells_the_size_of_the_cache(card):
    assert 1 << 20 <= (gpu.l2_bytes() or 0) <= 1 << 30


# -- without a card: JAX's processor stands in for it -----------------------------------------------------------------

SCRIPT = """
import json, sys
from dataclasses import replace
from benchmarks.harness import session
from benchmarks.harness.cell import Cell
from benchmarks.harness.profile import QUICK
profile = replace(QUICK, row_budget_s=0.05, max_rounds=8, processes=1, repetitions=0)
cell = Cell.of("logdet", "jax", {"D": 24, "B": 8, "L": 2}, "cuda")
print(json.dumps(session.run(cell, profile, dict.fromkeys(["relative", "inverse", "gemm_floor"], ""))))
"""


def _plant(file: Path, old: str, new: str) -> None:
    text = file.read_text()
    assert old in text, f"{file.name} has no {old!r}"
    file.write_text(text.replace(old, new))


@pytest.mark.long
def test_the_stages_of_a_session_on_an_injected_device(checkout, run_python):
    backend, harness = checkout / "bench_core/backends/jax.py", checkout / "benchmarks/harness"
    _plant(backend, '{"cuda": "gpu"}', '{"cuda": "cpu"}')
    _plant(backend, 'if own and device == "cpu"', "if own")
    _plant(backend, '1024) if device == "cuda"', '1024) if device == "never"')
    _plant(harness / "child.py", '"cuda,cpu"', '"cpu"')
    _plant(harness / "sweep.py", 'jax.devices("gpu")', 'jax.devices("cpu")')
    _plant(harness / "sweep.py", "gpu.l2_bytes()", "1 << 20")
    done = run_python("-c", SCRIPT, cwd=checkout)
    assert done.returncode == 0, done.stderr
    record = json.loads(done.stdout)
    assert record["failures"] == []
    assert record["stages_s"]["latency"] > 0
    assert record["state"]["card"] is None
    assert record["state"]["moved"] is None or "card" not in record["state"]["moved"]
    for name in ("relative", "inverse", "gemm_floor"):
        row = record["rows"][name]
        assert row["outcome"] == "ok", row["reason"]
        assert len(row["samples_s"]) >= 6
        assert len(row["latency_s"]) == len(row["cold_latency_s"]) == 20
        assert (row["device_s"], row["device_note"]) == (None, "the profiler's trace has no stream of a GPU")
        assert row["peak_instrument"] == "memory_analysis"  # no GPU's allocator answers
        assert row["number"] >= 1
        assert math.isfinite(row["error"])
    assert "latency_s" not in record["rows"]["relative~twin"]
