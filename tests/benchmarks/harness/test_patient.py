"""Rows of one long call: what becomes of their one sample."""

from __future__ import annotations

import json
import signal
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from benchmarks.harness import session
from benchmarks.harness.cell import Cell
from benchmarks.harness.profile import PATIENT
from tests.benchmarks.harness.sessions import find_workers

pytestmark = pytest.mark.usefixtures("small_ceilings")
JACOBIANS = Cell.of("logdet", "torch", {"D": 500, "B": 100})
LONG = {"relative": "", "jacobian_autodiff": "", "inverse": ""}


def _delay(checkout: Path, row: str, line: str, seconds: float) -> None:
    """Every call of torch's row takes so long before it comes to this line."""
    kernel = checkout / f"bench_core/logdet/torch/{row}.py"
    text = kernel.read_text()
    assert line in text
    kernel.write_text(text.replace(line, f"    __import__('time').sleep({seconds})\n{line}"))


@pytest.fixture
def long(checkout, kernels_of) -> Cell:
    """A small cell, of which ``jacobian_autodiff`` takes long."""
    _delay(checkout, "jacobian_autodiff", "    parameters = [p.detach()", 1.0)
    kernels_of(checkout / "bench_core")
    return Cell.of("logdet", "torch", {"D": 12, "B": 8})


@pytest.mark.long
@pytest.mark.parametrize("backend", ["torch", pytest.param("jax", marks=pytest.mark.slow)])
def test_a_long_first_call_is_the_rows_only_sample(backend, long):
    begun = []

    def follow(event):
        if event["event"] == "begin" and event["row"] == "jacobian_autodiff":
            begun.append(event["what"])

    cell = long if backend == "torch" else replace(JACOBIANS, backend=backend)
    record = session.run(cell, replace(PATIENT, apart_from_s=0.7), LONG, on_event=follow)
    row = record["rows"]["jacobian_autodiff"]
    assert (row["outcome"], row["apart"], row["number"]) == ("ok", True, 1)
    assert row["samples_s"] == [row["first_call_s"]]
    assert row["rounds"] == row["positions"] == []
    assert 0 < row["error"] <= row["tolerance"]
    assert (row["peak_bytes"] is not None) == (backend == "jax")  # JAX's program tells without another call
    assert begun == ["build", "first call", "check"]
    for name in ("relative", "relative~twin"):
        other = record["rows"][name]
        assert "apart" not in other
        assert len(other["samples_s"]) == len(other["rounds"]) == 3
    assert record["profile"] == "patient"


@pytest.mark.slow
def test_what_was_timed_apart_survives_the_process(long, checkout):
    _delay(checkout, "inverse", "    inputs, _, deltas, _ = ", 0.5)  # for the signal to reach the worker within it
    begun = []

    def follow(event):
        if event["event"] == "begin" and event["what"] == "build":
            begun.append(event["row"])
            if event["row"] == "inverse":
                for worker in find_workers(psutil.Process().children(recursive=True)):
                    worker.send_signal(signal.SIGKILL)

    record = session.run(long, replace(PATIENT, apart_from_s=0.7), LONG, on_event=follow)
    assert begun.count("jacobian_autodiff") == 1
    assert begun.count("relative") == 2
    assert record["rows"]["jacobian_autodiff"]["samples_s"]
    assert len(record["rows"]["relative"]["samples_s"]) == 3
    assert record["rows"]["inverse"]["outcome"] == "oom"


@pytest.mark.long
def test_a_wrong_result_is_no_sample_however_long_it_took(checkout, run_python, tmp_path):
    kernel = checkout / "bench_core/logdet/torch/jacobian_autodiff.py"
    profiles = checkout / "benchmarks/harness/profile.py"
    for path, old, new in (
        (kernel, "return list(gradients[:layers])", "return [2 * g for g in gradients[:layers]]"),
        (profiles, "apart_from_s=60.0", "apart_from_s=0.0"),
    ):
        assert old in path.read_text()
        path.write_text(path.read_text().replace(old, new))
    wanted = ("--method", "relative", "--method", "jacobian_autodiff", "D=16")
    done = run_python("-m", "benchmarks", "cell", "--profile", "patient", *wanted, cwd=checkout)
    assert "apart" in done.stdout
    (path,) = (tmp_path / "results").glob("*/sessions/*/*.session")
    rows = json.loads(path.read_text())["rows"]
    assert rows["jacobian_autodiff"]["outcome"] == "wrong"
    assert rows["jacobian_autodiff"]["samples_s"] == []
    assert rows["relative"]["samples_s"] == [rows["relative"]["first_call_s"]]


@pytest.mark.slow
@pytest.mark.parametrize("arguments", [("--plain",), ()], ids=["plain", "asv"])
def test_a_patient_run_is_of_logdet_alone(repository, arguments):
    declared = repository.folder / "benchmarks/families/logdet.py"
    for sizes in ("_PATIENT_D = tuple(D for D in FULL_D if D >= 1000)", "_PATIENT_JACOBIANS = (1000, 2000, 3000)"):
        assert sizes in declared.read_text()
        declared.write_text(declared.read_text().replace(sizes, f"{sizes.split()[0]} = (8,)"))
    repository.commit("small sizes")
    done = repository.python("-m", "benchmarks", "run", "--profile", "patient", *arguments)
    assert done.returncode == 0, done.stderr
    records = [json.loads(path.read_text()) for path in repository.records()]
    cells = {(record["cell"]["family"], record["cell"]["backend"]) for record in records}
    assert cells == {("logdet", "torch"), ("logdet", "jax")}
    for record in records:
        assert record["profile"] == "patient"
        for row in record["rows"].values():
            assert row["outcome"] == "ok", row["reason"]
            assert len(row["samples_s"]) == 3
    if not arguments:
        (told,) = repository.folder.glob("results-local/*/*PROFILEpatient.json")
        assert {name.split(".")[0] for name in json.loads(told.read_text())["results"]} == {"logdet"}
