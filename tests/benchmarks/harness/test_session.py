"""Real sessions in real child processes: what they record."""

from __future__ import annotations

import os
import statistics
import sys
from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest

from benchmarks.harness import policy, session, system
from benchmarks.harness.cell import Cell
from tests.benchmarks.harness.sessions import FAST, SMALL, find_workers

pytestmark = pytest.mark.usefixtures("small_ceilings")
ROWS = {"relative": "", "gemm_floor": "", "transposed": ""}


@pytest.mark.parametrize(("backend", "allocator"), [("torch", "kept"), ("jax", "default")])
def test_a_session_records_every_row_with_its_pairing(backend, allocator, monkeypatch):
    monkeypatch.setenv("BENCH_ALLOCATOR", allocator)
    rows = {"relative": "", "inverse": "", "relative_step": "", "gemm_floor": ""}
    record = session.run(Cell.of("logdet", backend, {"D": 40, "B": 8}), FAST, rows)
    assert list(record["rows"]) == [*rows, "relative~twin"]
    for name, row in record["rows"].items():
        assert row["outcome"] == "ok", row["reason"]
        assert row["error"] <= row["tolerance"]
        assert len(row["samples_s"]) == len(row["rounds"]) == len(row["positions"]) >= 6
        assert all(seconds > 0 for seconds in row["samples_s"])
        assert row["role"] == ("twin" if name.endswith("~twin") else row["role"])
    # Within a round every place is taken once.
    places = [(r, p) for row in record["rows"].values() for r, p in zip(row["rounds"], row["positions"])]
    assert len(places) == len(set(places))
    assert record["failures"] == []
    assert record["stop"]["reason"] in ("narrow", "stalled", "budget", "rounds")
    assert record["ceiling"]["gemm_flops_per_s"] > 1e8
    assert record["environment"]["packages"]["torch" if backend == "torch" else "jax"]
    assert len(record["canary"]["samples_s"]) == record["stop"]["rounds"]
    _check_policy_and_state(record, allocator)


def _check_policy_and_state(record: dict, allocator: str) -> None:
    facts, found, ceiling = record["environment"], record["state"], record["ceiling"]
    assert facts["policy"]["allocator"] == allocator
    assert ("MALLOC_TRIM_THRESHOLD_" in facts["policy"]["variables"]) == (allocator == "kept")
    assert facts["policy"]["threads"] == facts["threads"] == policy.threads()
    assert facts["warnings"] == system.warnings()
    told = (Path(__file__).resolve().parents[3] / "docs/session-record.md").read_text()
    assert [name for name in found if f'"{name}": ' not in told] == []
    assert found["canary_s"] == pytest.approx(statistics.median(record["canary"]["samples_s"]))
    assert found["gemm_flops_per_s"] == ceiling["gemm_flops_per_s"]
    assert ceiling["gemm_at_end_flops_per_s"] > 1e8
    assert (found["repeated"], record["set_aside"]) == (0, [])
    if sys.platform == "linux":
        alone = found["one_thread"]
        assert len(alone["processors"]) == len(alone["start_s"]) == len(alone["end_s"]) <= policy.threads()
        # Of two processors other processes keep at most two busy, and this session's own work is none of theirs.
        assert 0 <= found["load_of_others"] <= (os.cpu_count() or 1)
        assert 0 <= found["steal"] <= 1


@pytest.fixture(scope="module")
def pair(code):
    """Two sessions of one process's number, ``relative`` timed by an earlier process for the second: their records, the
    rows that each has checked again, the scores of their workers to the system's out-of-memory killer (of whose kind
    Linux alone has one), and the workers that are left when they are over.
    """
    records, scores, again = [], [], [[], []]

    def read(event):
        if event["event"] == "recheck":
            again[len(records)].append(event["row"])
        if event["event"] == "ceiling" and len(scores) == len(records) and sys.platform.startswith("linux"):
            (worker,) = _workers()
            scores.append(int(Path(f"/proc/{worker.pid}/oom_score_adj").read_text()))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(session, "bench_core", SimpleNamespace(__file__=code / "bench_core/__init__.py"))
        for judged in ((), ("relative",)):
            records.append(session.run(SMALL, FAST, ROWS, process=3, judged=judged, on_event=read))
    return SimpleNamespace(records=records, again=again, scores=scores, left=_workers())


def _workers() -> list[psutil.Process]:
    return find_workers(psutil.Process().children(recursive=True))


def test_a_session_is_deterministic_in_its_order(pair):
    count = min(record["stop"]["rounds"] for record in pair.records)
    for name in ROWS:
        first, second = (record["rows"][name]["positions"][:count] for record in pair.records)
        assert first == second


def test_equal_code_holds_equal_memory_in_every_session(pair):
    rows = [record["rows"]["relative"] for record in pair.records]
    assert {row["peak_instrument"] for row in rows} == {"torch allocator"}
    (peak,) = {row["peak_bytes"] for row in rows}
    assert peak > 2 * 4 * 12 * 12


def test_a_row_is_checked_again_in_one_process_of_its_cell(pair):
    assert pair.again == [list(ROWS), ["gemm_floor", "transposed"]]
    for record, again in zip(pair.records, pair.again):
        assert [name for name, row in record["rows"].items() if row["checked_again"]] == again


def test_a_session_says_how_long_it_judged_results(pair):
    for record in pair.records:
        stages, own = record["stages_s"], session.checking_s(record)
        assert 0 < own == sum(record["rows"][name]["check_s"] for name in ROWS)  # the twin's are its row's
        assert own < stages["check"] + stages["check again"]


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="Linux's out-of-memory killer")
def test_the_worker_is_the_first_to_be_killed(pair):
    assert pair.scores == [1000, 1000]


def test_nothing_is_left_behind(pair):
    assert pair.left == []


@pytest.mark.slow
def test_a_compilation_is_cold_in_two_processes_and_then_cached(tmp_path):
    rows = {"relative": "", "relative:compiled": ""}
    cold, again, cached = (
        session.run(SMALL, FAST, rows, process=process, cache=tmp_path)["rows"]["relative:compiled"]
        for process in range(3)
    )
    assert cold["outcome"] == again["outcome"] == cached["outcome"] == "ok", cold["reason"]
    assert cold["compile_cached_s"] is again["compile_cached_s"] is None
    assert cached["compile_cold_s"] is None
    assert 0 < cached["compile_cached_s"] < min(cold["compile_cold_s"], again["compile_cold_s"])
    assert cold["compile_s"] == cold["compile_cold_s"]
    assert cold["peak_bytes"] == cached["peak_bytes"] > 0


def test_a_missing_device_is_skipped_with_its_reason():
    import torch

    if torch.cuda.is_available():
        pytest.skip("this machine has a CUDA device")
    record = session.run(Cell.of("logdet", "torch", {"D": 12}, device="cuda"), FAST, {"relative": "", "inverse": ""})
    for row in record["rows"].values():
        assert row["outcome"] == "skipped"
        assert "device 'cuda' is not available to torch here" in row["reason"]
