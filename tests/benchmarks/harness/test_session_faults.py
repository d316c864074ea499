"""Real sessions with faults planted in a row: wrong results, calls that take too long or never end."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from benchmarks.harness import policy
from tests.benchmarks.harness.sessions import make_impatient, plant, record_of


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
    rows = record_of(tmp_path / "results")["rows"]
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
    plant(
        checkout / "bench_core/logdet/torch/inverse.py",
        "invert(W, None if dW is None else dW.T)",
        "torch.linalg.inv(torch.stack([W, W]))[1]",
    )
    make_impatient(checkout, seconds=3)
    start = time.monotonic()
    wanted = ("--method", "relative", "--method", "inverse", "D=300")
    done = run_python("-m", "benchmarks", "cell", "--profile", "smoke", *wanted, cwd=checkout, BENCH_THREADS="2")
    assert done.returncode == 0, done.stderr
    assert time.monotonic() - start < 60
    record = record_of(tmp_path / "results")
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


@pytest.mark.long
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
    row = record_of(tmp_path / "results")["rows"]["transposed"]
    assert row["outcome"] == "wrong"
    assert "after timing" in row["reason"]
    assert row["samples_s"] == []


@pytest.mark.long
def test_a_row_that_never_ends_is_a_timeout(checkout, run_python, tmp_path):
    kernel = checkout / "bench_core/logdet/torch/transposed.py"
    text = kernel.read_text()
    kernel.write_text(
        text.replace("    inputs, _, deltas", "    import time\n    time.sleep(1e6)\n    inputs, _, deltas")
    )
    make_impatient(checkout, seconds=2)
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
    rows = record_of(tmp_path / "results")["rows"]
    assert rows["transposed"]["outcome"] == "timeout"
    assert "first call took longer than 2 s" in rows["transposed"]["reason"]
    assert rows["relative"]["samples_s"]


def _hang(checkout: Path) -> None:
    """``transposed`` never ends."""
    kernel = checkout / "bench_core/logdet/torch/transposed.py"
    plant(kernel, "    inputs, _, deltas", "    import time\n    time.sleep(1e6)\n    inputs, _, deltas")


@pytest.mark.slow  # without it the rule is asked in ``test_admission.py``, and the stop above
def test_a_stopped_call_that_its_work_explains_is_over_the_budget(checkout, run_python, tmp_path):
    _hang(checkout)
    make_impatient(checkout, seconds=2)
    plant(checkout / "benchmarks/harness/admission.py", "EXPLAINED = 100.0", "EXPLAINED = 1e12")
    wanted = ("--method", "relative", "--method", "transposed", "D=16")
    run_python("-m", "benchmarks", "cell", "--profile", "smoke", *wanted, cwd=checkout)
    rows = record_of(tmp_path / "results")["rows"]
    assert rows["transposed"]["outcome"] == "over_budget"
    assert rows["transposed"]["reason"] == "time: measured > 2 s a call, budget 0.5 s"
    assert rows["transposed"]["measured_s"] == 2
    assert rows["relative"]["samples_s"]


@pytest.mark.long
def test_the_sessions_deadline_blames_no_row_and_keeps_what_was_checked(checkout, run_python, tmp_path):
    """Neither the one that it met, nor those that had no turn: larger sizes try them all again. Of the one that had
    been judged before all is known but its time.
    """
    _hang(checkout)
    profiles = checkout / "benchmarks/harness/profile.py"
    plant(profiles, "session_limit_s=60,", "session_limit_s=6,")
    plant(
        checkout / "benchmarks/harness/admission.py",
        "IMPORTS_S, COMPILATION_S = 4.0, 10.0",
        "IMPORTS_S, COMPILATION_S = 4.0, 99.0",
    )
    wanted = ("--method", "relative", "--method", "transposed", "--method", "inverse", "D=16")
    run_python("-m", "benchmarks", "cell", "--profile", "smoke", *wanted, cwd=checkout)
    rows = record_of(tmp_path / "results")["rows"]
    assert rows["transposed"]["reason"] == "time: the session's time was over in its first call"
    for row in rows.values():
        assert row["outcome"] == "over_budget"
        assert "the session's" in row["reason"]
        assert "measured_s" not in row
        assert row["samples_s"] == []
    checked, other = rows["relative"], rows["inverse"]
    assert checked["reason"] == "time: the session's 6 s were over before it was timed"
    assert 0 < checked["error"] <= checked["tolerance"]
    assert checked["peak_bytes"] > 2 * 4 * 16 * 16
    assert checked["check_s"] > 0
    assert other["reason"] == "time: the session's 6 s were over before its turn"
    assert (other["error"], other["peak_bytes"]) == (None, None)


@pytest.mark.long
@pytest.mark.parametrize(("pause_s", "calls"), [(2.5, 1), pytest.param(0.8, 2, marks=pytest.mark.slow)])
def test_what_is_over_the_budget_is_not_called_again_and_again(checkout, run_python, tmp_path, pause_s, calls):
    """Once where the first call leaves no doubt, twice where the first may have paid for imports and pages (which may
    take half a second here, and not three).
    """
    plant(checkout / "benchmarks/harness/preparation.py", "IMPORTS_S = 3.0, 3.0", "IMPORTS_S = 3.0, 0.5")
    kernel, count = checkout / "bench_core/logdet/torch/transposed.py", tmp_path / "calls"
    text = kernel.read_text()
    planted = (
        f"    import time\n    open({str(count)!r}, 'a').write('x')\n    time.sleep({pause_s})\n    inputs, _, deltas"
    )
    kernel.write_text(text.replace("    inputs, _, deltas", planted))
    wanted = ("--method", "relative", "--method", "transposed", "D=16")
    run_python("-m", "benchmarks", "cell", "--profile", "smoke", *wanted, cwd=checkout)
    record = record_of(tmp_path / "results")
    row = record["rows"]["transposed"]
    assert row["outcome"] == "over_budget"
    assert row["reason"].startswith("time: measured ")
    assert row["error"] < 1e-4
    assert len(count.read_text()) == calls
