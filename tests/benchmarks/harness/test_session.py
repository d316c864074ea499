"""Real sessions in real child processes: what they record, and what becomes of faults."""

from __future__ import annotations

import json
import os
import signal
import statistics
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from benchmarks.harness import policy, session, state, system
from benchmarks.harness.cell import Cell
from benchmarks.harness.profile import QUICK

pytestmark = pytest.mark.usefixtures("small_ceilings")
FAST = replace(QUICK, row_budget_s=0.05, max_rounds=8, processes=1, repetitions=0)
ROOT = Path(__file__).resolve().parents[3]
SMALL = Cell.of("logdet", "torch", {"D": 12, "B": 8, "L": 2})


def _record_of(results: Path) -> dict:
    (path,) = results.glob("*/sessions/*/*.session")
    return json.loads(path.read_text())


def _plant(file: Path, old: str, new: str) -> None:
    """Replace what must be there."""
    text = file.read_text()
    assert old in text, f"{file.name} has no {old!r}"
    file.write_text(text.replace(old, new))


def _make_impatient(checkout: Path, seconds: int) -> None:
    """Everything a row does may take so long and no longer, after which the session goes on without it."""
    harness = checkout / "benchmarks/harness"
    _plant(
        harness / "preparation.py", "patience = admission.patience(", f"patience = {seconds} + 0 * admission.patience("
    )
    _plant(harness / "preparation.py", "slow = 60 + 10 *", f"slow = {seconds} + 0 *")
    _plant(harness / "preparation.py", "RECORDING_S = 300.0", f"RECORDING_S = {seconds}")
    _plant(harness / "timing.py", "60 + 10 * blocks[name]", f"{seconds}")
    _plant(harness / "stages.py", '"check again", 120', f'"check again", {seconds}')


def _killer(when):
    """An event that is set, and a follower that kills the worker, at the first beginning that ``when`` names."""
    hit = threading.Event()

    def kill(event):
        if event["event"] == "begin" and when(event) and not hit.is_set():
            hit.set()
            for child in psutil.Process().children(recursive=True):
                if "worker.py" in " ".join(child.cmdline()):
                    child.send_signal(signal.SIGKILL)

    return hit, kill


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
    assert found["canary_s"] == pytest.approx(statistics.median(record["canary"]["samples_s"]))
    assert found["gemm_flops_per_s"] == ceiling["gemm_flops_per_s"]
    assert ceiling["gemm_at_end_flops_per_s"] > 1e8
    assert (found["repeated"], record["set_aside"]) == (0, [])
    if sys.platform == "linux":
        # Of two processors other processes keep at most two busy, and this session's own work is none of theirs.
        assert 0 <= found["load_of_others"] <= (os.cpu_count() or 1)
        assert 0 <= found["steal"] <= 1


def test_a_session_whose_machine_moved_is_repeated_and_both_are_kept(monkeypatch):
    monkeypatch.setattr(state, "MOVED", 1 + 1e-9)  # no two rates are so close
    rows = {"relative": "", "gemm_floor": ""}
    record = session.run(SMALL, replace(FAST, repetitions=1), rows)
    (earlier,) = record["set_aside"]
    assert "at the end" in record["state"]["moved"]
    assert (record["state"]["repeated"], earlier["state"]["repeated"]) == (1, 0)
    assert record["ceiling"] != earlier["ceiling"]
    for name in ("relative", "gemm_floor", "relative~twin"):
        assert record["rows"][name]["samples_s"] != earlier["rows"][name]["samples_s"]
        assert len(record["rows"][name]["samples_s"]) >= 6 <= len(earlier["rows"][name]["samples_s"])
    assert record["elapsed_s"] > sum(sum(done["stages_s"].values()) for done in (record, earlier))


def test_of_a_repetition_that_lost_a_row_the_earlier_measurement_stands(monkeypatch):
    monkeypatch.setattr(state, "MOVED", 1 + 1e-9)
    starts = []

    def second(event):
        starts.extend([event] * (event["what"] == "start"))
        return len(starts) == 2 and event["row"] == "inverse" and event["what"] == "build"

    hit, kill = _killer(second)
    cell = Cell.of("logdet", "torch", {"D": 1000})
    patient = replace(FAST, call_limit_s=9.0, repetitions=1)
    record = session.run(cell, patient, {"relative": "", "inverse": ""}, on_event=kill)
    assert hit.is_set()
    assert record["rows"]["inverse"]["outcome"] == "ok"
    assert record["rows"]["inverse"]["samples_s"]
    assert record["state"]["repeated"] == 1
    (later,) = record["set_aside"]
    assert later["rows"]["inverse"]["outcome"] == "oom"
    assert later["rows"]["relative"]["samples_s"]


def test_a_repetition_keeps_the_time_of_the_cold_compilation():
    rows = {"a": {"compile_cold_s": None, "compile_cached_s": 0.2}, "b": {"compile_cold_s": None}, "c~twin": {}}
    others = {"a": {"compile_cold_s": 3.0, "compile_cached_s": 0.9}, "b": {"compile_cold_s": None}}
    session._keep_compilation(rows, others)
    assert rows["a"] == {"compile_cold_s": 3.0, "compile_cached_s": 0.2}
    assert rows["b"] == {"compile_cold_s": None}
    assert rows["c~twin"] == {}


def test_a_session_that_may_not_be_repeated_says_that_the_machine_moved(monkeypatch):
    monkeypatch.setattr(state, "MOVED", 1 + 1e-9)
    record = session.run(SMALL, FAST, {"relative": "", "gemm_floor": ""})
    assert "at the end" in record["state"]["moved"]
    assert (record["state"]["repeated"], record["set_aside"]) == (0, [])


def test_what_ended_its_process_is_not_tried_again(monkeypatch):
    """A row that ran out of its time or memory has settled itself for the repetition."""
    monkeypatch.setattr(state, "MOVED", 1 + 1e-9)
    hit, kill = _killer(lambda event: event["row"] == "inverse")
    rows = {"relative": "", "inverse": ""}
    begun = []

    def follow(event):
        begun.extend([event.get("row")] * (event["event"] == "begin" and event["what"] == "build"))
        kill(event)

    patient = replace(FAST, call_limit_s=9.0, repetitions=1)
    record = session.run(Cell.of("logdet", "torch", {"D": 1000}), patient, rows, on_event=follow)
    assert hit.is_set()
    assert len(record["set_aside"]) == 1
    assert record["rows"]["inverse"]["outcome"] == "oom"
    assert begun.count("inverse") == 1
    assert begun.count("relative") == 3


def test_a_session_is_deterministic_in_its_order():
    rows = {"relative": "", "gemm_floor": "", "transposed": ""}
    records = [session.run(SMALL, FAST, rows, process=3) for _ in range(2)]
    count = min(record["stop"]["rounds"] for record in records)
    for name in rows:
        first, second = (record["rows"][name]["positions"][:count] for record in records)
        assert first == second


def test_a_wrong_result_is_reported_and_not_timed(checkout, run_python, tmp_path):
    kernel = checkout / "bench_core/logdet/torch/transposed.py"
    planted = kernel.read_text().replace("torch.sum(turned, 0, out=db)", "torch.sum(turned, 0, out=db).mul_(2)")
    assert planted != kernel.read_text()
    kernel.write_text(planted)
    done = run_python(
        "-m",
        "benchmarks",
        "cell",
        "--profile",
        "smoke",
        "--method",
        "relative",
        "--method",
        "transposed",
        "D=16",
        cwd=checkout,
    )
    assert done.returncode == 0, done.stderr
    rows = _record_of(tmp_path / "results")["rows"]
    assert rows["relative"]["outcome"] == "ok"
    assert rows["transposed"]["outcome"] == "wrong"
    assert rows["transposed"]["samples_s"] == []
    assert rows["transposed"]["error"] > 1e-2
    assert "exceeds the tolerance" in rows["transposed"]["reason"]
    assert "wrong" in done.stdout


@pytest.mark.skipif(len(policy.affinity()) < 2, reason="needs two processors")
def test_batched_lu_under_two_threads_is_never_ok_with_a_wrong_result(checkout, run_python, tmp_path):
    """Of torch 2.13.0's CPU wheel it is wrong, an error, never done or right, whichever the processor makes of it.

    Whichever it is, the session finds it, soon, and measures the other rows.
    """
    _plant(
        checkout / "bench_core/logdet/torch/inverse.py",
        "invert(W, None if dW is None else dW.T)",
        "torch.linalg.inv(torch.stack([W, W]))[1]",
    )
    _make_impatient(checkout, seconds=3)
    start = time.monotonic()
    wanted = ("--method", "relative", "--method", "inverse", "D=300")
    done = run_python("-m", "benchmarks", "cell", "--profile", "smoke", *wanted, cwd=checkout, BENCH_THREADS="2")
    assert done.returncode == 0, done.stderr
    assert time.monotonic() - start < 60
    record = _record_of(tmp_path / "results")
    row, other = record["rows"]["inverse"], record["rows"]["relative"]
    assert row["outcome"] in ("wrong", "error", "timeout", "ok")
    if row["outcome"] == "ok":
        assert row["error"] <= row["tolerance"]
    else:
        assert row["samples_s"] == []
        assert row["reason"]
    assert other["outcome"] == "ok", other["reason"]
    assert other["error"] <= other["tolerance"]
    assert len(other["samples_s"]) >= 6


def test_exhausted_memory_is_oom_and_the_session_goes_on(monkeypatch):
    """The child may map 4 GiB; the Jacobians of 25,600 samples at D = 100 need more, the other rows little."""
    monkeypatch.setenv("BENCH_ADDRESS_SPACE_BYTES", str(4 * 2**30))
    patient = replace(FAST, call_limit_s=1e9)
    rows = {"relative": "", "jacobian_autodiff": "", "gemm_floor": ""}
    record = session.run(Cell.of("logdet", "torch", {"D": 100, "B": 25_600}), patient, rows)
    assert record["rows"]["jacobian_autodiff"]["outcome"] == "oom", record["rows"]["jacobian_autodiff"]
    assert record["rows"]["jacobian_autodiff"]["reason"]
    for name in ("relative", "gemm_floor"):
        assert record["rows"][name]["outcome"] == "ok"
        assert record["rows"][name]["samples_s"]


def test_a_killed_process_costs_its_row_only():
    """SIGKILL from outside, as the system's out-of-memory killer sends it, while one row is being built."""
    hit, kill = _killer(lambda event: event["row"] == "inverse")
    rows = {"relative": "", "inverse": "", "gemm_floor": ""}
    record = session.run(Cell.of("logdet", "torch", {"D": 1000}), replace(FAST, call_limit_s=9.0), rows, on_event=kill)
    assert hit.is_set()
    assert record["rows"]["inverse"]["outcome"] == "oom"
    assert "killed in" in record["rows"]["inverse"]["reason"]
    assert len(record["failures"]) == 1
    assert record["rows"]["relative"]["samples_s"]
    assert record["rows"]["gemm_floor"]["samples_s"]


def test_a_kill_in_the_twins_turn_is_its_rows(checkout, kernels_of):
    """The twin is a row of the record, and no method."""
    kernels_of(checkout / "bench_core")
    # A call long enough for the signal to reach the worker within it, on a busy machine too.
    kernel, last = checkout / "bench_core/logdet/torch/relative.py", "    pre, deltas, turned = "
    _plant(kernel, last, f"    __import__('time').sleep(0.5)\n{last}")
    hit, kill = _killer(lambda event: (event["row"] or "").endswith("~twin"))
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
    parent = psutil.Popen([sys.executable, "-c", code], cwd=ROOT, env=os.environ | {"PYTHONPATH": str(ROOT)})
    deadline = time.monotonic() + 60
    while not (workers := [p for p in parent.children() if "worker.py" in " ".join(p.cmdline())]):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    time.sleep(0.5)
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    _, alive = psutil.wait_procs(workers, timeout=10)
    assert alive == []


def test_a_result_that_goes_wrong_while_it_is_timed_is_wrong(checkout, run_python, tmp_path):
    kernel = checkout / "bench_core/logdet/torch/transposed.py"
    text = kernel.read_text().replace("    inputs, _, deltas", "    CALLS.append(1)\n    inputs, _, deltas")
    text = text.replace("out=db)", "out=db).mul_(1 if len(CALLS) < 8 else 2)").replace(
        "def transposed", "CALLS = []\n\n\ndef transposed"
    )
    kernel.write_text(text)
    run_python(
        "-m",
        "benchmarks",
        "cell",
        "--profile",
        "smoke",
        "--method",
        "relative",
        "--method",
        "transposed",
        "D=16",
        cwd=checkout,
    )
    row = _record_of(tmp_path / "results")["rows"]["transposed"]
    assert row["outcome"] == "wrong"
    assert "after timing" in row["reason"]
    assert row["samples_s"] == []


def test_a_row_that_never_ends_is_a_timeout(checkout, run_python, tmp_path):
    kernel = checkout / "bench_core/logdet/torch/transposed.py"
    text = kernel.read_text()
    kernel.write_text(
        text.replace("    inputs, _, deltas", "    import time\n    time.sleep(1e6)\n    inputs, _, deltas")
    )
    _make_impatient(checkout, seconds=2)
    start = time.monotonic()
    run_python(
        "-m",
        "benchmarks",
        "cell",
        "--profile",
        "smoke",
        "--method",
        "relative",
        "--method",
        "transposed",
        "D=16",
        cwd=checkout,
    )
    assert time.monotonic() - start < 40
    rows = _record_of(tmp_path / "results")["rows"]
    assert rows["transposed"]["outcome"] == "timeout"
    assert "first call took longer than 2 s" in rows["transposed"]["reason"]
    assert rows["relative"]["samples_s"]


def _hang(checkout: Path) -> None:
    """``transposed`` never ends."""
    kernel = checkout / "bench_core/logdet/torch/transposed.py"
    _plant(kernel, "    inputs, _, deltas", "    import time\n    time.sleep(1e6)\n    inputs, _, deltas")


def test_a_stopped_call_that_its_work_explains_is_over_the_budget(checkout, run_python, tmp_path):
    _hang(checkout)
    _make_impatient(checkout, seconds=2)
    _plant(checkout / "benchmarks/harness/admission.py", "EXPLAINED = 100.0", "EXPLAINED = 1e12")
    wanted = ("--method", "relative", "--method", "transposed", "D=16")
    run_python("-m", "benchmarks", "cell", "--profile", "smoke", *wanted, cwd=checkout)
    rows = _record_of(tmp_path / "results")["rows"]
    assert rows["transposed"]["outcome"] == "over_budget"
    assert rows["transposed"]["reason"] == "time: measured > 2 s a call, budget 0.5 s"
    assert rows["transposed"]["measured_s"] == 2
    assert rows["relative"]["samples_s"]


def test_the_sessions_deadline_blames_no_row(checkout, run_python, tmp_path):
    """Neither the one that it met, nor those that had no turn: larger sizes try them all again."""
    _hang(checkout)
    profiles = checkout / "benchmarks/harness/profile.py"
    _plant(profiles, "session_limit_s=60,", "session_limit_s=8,")
    _plant(
        checkout / "benchmarks/harness/admission.py",
        "IMPORTS_S, COMPILATION_S = 4.0, 10.0",
        "IMPORTS_S, COMPILATION_S = 4.0, 99.0",
    )
    wanted = ("--method", "relative", "--method", "transposed", "--method", "inverse", "D=16")
    run_python("-m", "benchmarks", "cell", "--profile", "smoke", *wanted, cwd=checkout)
    rows = _record_of(tmp_path / "results")["rows"]
    assert rows["transposed"]["reason"] == "time: the session's time was over in its first call"
    for row in rows.values():
        assert row["outcome"] == "over_budget"
        assert "the session's" in row["reason"]
        assert "measured_s" not in row


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="Linux's out-of-memory killer")
def test_the_worker_is_the_first_to_be_killed():
    scores = []

    def read(event):
        for child in psutil.Process().children(recursive=True):
            if not scores and event["event"] == "ceiling" and "worker.py" in " ".join(child.cmdline()):
                scores.append(int(Path(f"/proc/{child.pid}/oom_score_adj").read_text()))

    session.run(SMALL, FAST, {"relative": ""}, on_event=read)
    assert scores == [1000]


def test_equal_code_holds_equal_memory_in_every_session():
    peaks = set()
    for process in range(2):
        row = session.run(SMALL, FAST, {"relative": ""}, process=process)["rows"]["relative"]
        assert row["peak_instrument"] == "torch allocator"
        peaks.add(row["peak_bytes"])
    (peak,) = peaks
    assert peak > 2 * 4 * 12 * 12


@pytest.mark.slow
def test_a_compilation_is_cold_once_and_then_cached(tmp_path):
    rows = {"relative": "", "relative:compiled": ""}
    cold, cached = (
        session.run(SMALL, FAST, rows, process=process, cache=tmp_path)["rows"]["relative:compiled"]
        for process in range(2)
    )
    assert cold["outcome"] == cached["outcome"] == "ok", cold["reason"]
    assert cold["compile_cached_s"] is None
    assert cached["compile_cold_s"] is None
    assert 0 < cached["compile_cached_s"] < cold["compile_cold_s"]
    assert cold["compile_s"] == cold["compile_cold_s"]
    assert cold["peak_bytes"] == cached["peak_bytes"] > 0


@pytest.mark.parametrize(("pause_s", "calls"), [(2.5, 1), (0.8, 2)])
def test_what_is_over_the_budget_is_not_called_again_and_again(checkout, run_python, tmp_path, pause_s, calls):
    """Once where the first call leaves no doubt, twice where the first may have paid for imports and pages (which may
    take half a second here, and not three).
    """
    _plant(checkout / "benchmarks/harness/preparation.py", "IMPORTS_S = 3.0, 3.0", "IMPORTS_S = 3.0, 0.5")
    kernel, count = checkout / "bench_core/logdet/torch/transposed.py", tmp_path / "calls"
    text = kernel.read_text()
    planted = (
        f"    import time\n    open({str(count)!r}, 'a').write('x')\n    time.sleep({pause_s})\n    inputs, _, deltas"
    )
    kernel.write_text(text.replace("    inputs, _, deltas", planted))
    wanted = ("--method", "relative", "--method", "transposed", "D=16")
    run_python("-m", "benchmarks", "cell", "--profile", "smoke", *wanted, cwd=checkout)
    record = _record_of(tmp_path / "results")
    row = record["rows"]["transposed"]
    assert row["outcome"] == "over_budget"
    assert row["reason"].startswith("time: measured ")
    assert row["error"] < 1e-4
    # A machine that moved meanwhile is no news: the session is then measured once more.
    assert len(count.read_text()) == calls * (1 + record["state"].get("repeated", 0))


def test_a_missing_device_is_skipped_with_its_reason():
    import torch

    if torch.cuda.is_available():
        pytest.skip("this machine has a CUDA device")
    record = session.run(Cell.of("logdet", "torch", {"D": 12}, device="cuda"), FAST, {"relative": "", "inverse": ""})
    for row in record["rows"].values():
        assert row["outcome"] == "skipped"
        assert "device 'cuda' is not available to torch here" in row["reason"]


def test_nothing_is_left_behind():
    session.run(SMALL, FAST, {"relative": "", "gemm_floor": ""})
    assert [p for p in psutil.Process().children(recursive=True) if "worker.py" in " ".join(p.cmdline())] == []
