"""More sessions where the report has not settled: a report that says so, real cells."""

from __future__ import annotations

import json
import signal
import time
from pathlib import Path

import pytest

from benchmarks.harness import settle
from benchmarks.harness.cell import Cell
from benchmarks.harness.lock import machine_lock
from benchmarks.harness.profile import FULL, SMOKE

ENTRY = {
    "family": "logdet",
    "backend": "torch",
    "device": "cpu",
    "dtype": "float32",
    "sizes": {"D": 8, "B": 16, "L": 2},
    "rows": ["gemm_floor", "relative"],
    "regret": 0.41,
    "profile": "smoke",
    "machine": "here",
}
# A report that has one thing open until the cell has three processes.
REPORT = """
import json, pathlib, sys
assert sys.argv[1:] == ["open", "--json"], sys.argv
records = list(pathlib.Path("results-local/here/sessions").glob("*/*.session"))
print(json.dumps({entries} if len(records) < 3 else []))
"""
OWN = {"BENCH_MACHINE": "here", "BENCH_THREADS": "1"}
CELL = (
    *("-m", "benchmarks", "cell", "--profile", "smoke", "D=8", "B=16"),
    *("--method", "relative", "--method", "transposed", "--method", "gemm_floor"),
)
SETTLE = ("-m", "benchmarks", "settle", "--minutes")


def _plant_report(repository, text: str) -> None:
    (repository.folder / "reports").mkdir(exist_ok=True)
    (repository.folder / "reports/__main__.py").write_text(text)


def _plant_entries(repository, *entries: dict) -> None:
    _plant_report(repository, REPORT.replace("{entries}", repr(list(entries))))


@pytest.fixture(scope="module")
def once(make_repository, tmp_path_factory):
    """One process of a small cell, with three rows. Do not write into it."""
    with make_repository(tmp_path_factory.mktemp("once")) as made:
        made.environment |= OWN
        _plant_entries(made, ENTRY)
        done = made.python(*CELL)
        assert done.returncode == 0, done.stderr
        yield made


@pytest.fixture
def measured(once, make_repository, tmp_path):
    """A copy of it."""
    with make_repository(tmp_path, of=once) as copied:
        copied.environment |= OWN
        yield copied


def _records(repository) -> dict[str, dict]:
    return {path.name: json.loads(path.read_text()) for path in repository.records()}


def _said(done) -> list[str]:
    """Lines on stderr but for what is amiss with this machine."""
    return [line for line in done.stderr.splitlines() if "benchmarks: warning: " not in line]


@pytest.mark.long
def test_what_is_open_is_measured_until_it_is_settled_and_nothing_is_replaced(measured):
    (first,) = measured.records()
    before, head = first.read_text(), measured.git("rev-parse", "HEAD")
    # A later commit with the same kernels: its sessions belong to those that are there.
    (measured.folder / "README.md").write_text("later")
    measured.commit("later")
    # Two questions about one cell are one session.
    _plant_entries(measured, ENTRY, ENTRY | {"rows": ["relative"], "regret": 0.3})
    done = measured.python(*SETTLE, "5")
    assert done.returncode == 0, done.stderr
    assert first.read_text() == before
    assert {path.parent for path in measured.records()} == {first.parent}
    records = _records(measured)
    assert sorted(record["process"] for record in records.values()) == [0, 1, 2]
    for name, record in records.items():
        assert name.endswith(f".p{record['process']}.session")
        assert (record["commit"], record["dirty"], record["profile"]) == (head, False, "smoke")
        if record["process"]:
            assert list(record["rows"]) == ["relative", "gemm_floor", "relative~twin"]
            assert all(len(row["samples_s"]) >= 6 for row in record["rows"].values())
            assert record["canary"]["samples_s"]
    *sessions, last = done.stdout.splitlines()
    for number, line in enumerate(sessions, 1):
        assert line.startswith(
            f"[  {number}] logdet-torch-cpu-float32-D8-B16-L2 process {number}: relative, gemm_floor, "
        )
        assert "; regret was up to 41%" in line
    assert last.startswith("settle: nothing is open on here; 2 sessions in ")


@pytest.mark.slow  # as a card's in ``test_card.py``
def test_a_cell_that_is_measured_anew_has_none_of_the_old_processes(measured):
    _plant_entries(measured, ENTRY | {"regret": None})
    done = measured.python(*SETTLE, "5")
    assert done.returncode == 0, done.stderr
    assert "; regret was not known" in done.stdout
    old = {path.read_text() for path in measured.records()}
    assert len(old) == 3
    assert measured.python(*CELL).returncode == 0
    (record,) = measured.records()
    assert record.read_text() not in old
    assert {path.read_text() for path in (record.parent / "superseded").glob("*.session")} == old


def test_a_session_that_does_not_fit_is_not_begun(measured):
    done = measured.python(*SETTLE, "0.001")
    assert done.returncode == 0, done.stderr
    assert "1 cells still open on here, the shortest session would take " in done.stdout
    assert len(measured.records()) == 1


def test_waiting_for_the_machine_is_within_the_time(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("BENCH_RESULTS", str(tmp_path))
    monkeypatch.setenv("BENCH_LOCK", str(tmp_path / "lock"))
    (known := tmp_path / "known").write_text('{"commit": null, "profile": "smoke"}')
    cell = Cell.of("logdet", "torch", {"D": 8})
    question = settle.Question(cell, SMOKE, ("relative",), 0.41, tmp_path, {0: known})
    monkeypatch.setattr(settle, "_ask", lambda results: [ENTRY])
    monkeypatch.setattr(settle.Question, "of", lambda *_: question)
    monkeypatch.setattr(settle.Question, "expected_s", lambda self: 0.1)
    monkeypatch.setattr(settle.session, "run", lambda *_, **more: pytest.fail("a session began"))
    began = time.monotonic()
    # A lock is another's even within one process.
    with machine_lock("another session"):
        assert settle.settle(0.5, "here") == 0
    assert 0.4 <= time.monotonic() - began < 10
    (line,) = capsys.readouterr().out.splitlines()
    assert line.startswith("settle: the machine was not free in time: process ")
    assert line.endswith(" for another session; 0 sessions in 0.0 minutes")


def test_a_process_is_filed_under_the_profile_of_those_that_are_there(tmp_path, monkeypatch):
    """As full it would stand alone in the report: those of standard are less thorough."""
    monkeypatch.setenv("BENCH_LOCK", str(tmp_path / "lock"))
    (known := tmp_path / "known").write_text('{"commit": null, "profile": "standard"}')
    found = {"commit": "later", "profile": "full", "rows": {"relative": {"samples_s": [1.0]}}}
    monkeypatch.setattr(settle.session, "run", lambda *_, **more: found)
    cell = Cell.of("logdet", "torch", {"D": 8})
    question = settle.Question(cell, FULL, ("relative",), 0.41, tmp_path, {0: known})
    assert question.measure(time.monotonic() + 60) == (1, True)
    record = json.loads((tmp_path / f"{cell.name}.p1.session").read_text())
    assert (record["profile"], record["commit"], record["harness"]) == ("standard", None, "later")


def test_the_main_sweep_goes_before_those_beside_it(tmp_path, monkeypatch):
    """Until nothing of it is open, or none of its sessions fits; whatever the regrets are."""
    monkeypatch.setenv("BENCH_RESULTS", str(tmp_path))
    sizes = {"beside": {"D": 8, "B": 3}, "main": {"D": 8, "B": 16}, "long": {"D": 12, "B": 16}}
    cells = {name: Cell.of("logdet", "torch", at) for name, at in sizes.items()}
    left, order = {"beside": 2, "main": 2, "long": 1}, []
    monkeypatch.setattr(settle, "_ask", lambda results: [ENTRY | {"name": name} for name in left if left[name]])

    def make(entry, *places):
        return settle.Question(cells[entry["name"]], SMOKE, ("relative",), 0.41, Path(entry["name"]), {})

    def measure(question, until):
        order.append(question.folder.name)
        left[order[-1]] -= 1
        return 1, True

    monkeypatch.setattr(settle.Question, "of", make)
    monkeypatch.setattr(settle.Question, "measure", measure)
    monkeypatch.setattr(settle.Question, "expected_s", lambda self: 1e6 if self.folder.name == "long" else 0.0)
    assert settle.settle(60, "here") == 0
    assert order == ["main", "main", "beside", "beside"]


@pytest.mark.long
def test_a_session_that_times_nothing_is_not_repeated(measured):
    # Of one layer only: with two it is not tried.
    _plant_entries(measured, ENTRY | {"rows": ["free_form_10"], "regret": None})
    done = measured.python(*SETTLE, "5")
    assert done.returncode == 1, done.stdout + done.stderr
    assert len(measured.records()) == 2
    (said,) = _said(done)
    assert said.endswith("D8-B16-L2: none of these rows was timed, no further session")
    assert done.stdout.splitlines()[-1].startswith("settle: 1 open on here, none can be measured; 1 sessions in ")


@pytest.mark.slow
def test_an_interrupted_one_loses_the_session_in_flight_at_most(measured):
    kept = {path: path.read_text() for path in measured.records()}
    child = measured.start(*SETTLE, "5")
    lock, deadline = Path(measured.environment["BENCH_LOCK"]), time.monotonic() + 60
    while not lock.exists() or "logdet-torch" not in lock.read_text():
        assert child.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.02)
    child.send_signal(signal.SIGTERM)
    assert child.wait(30) == 143
    assert kept.items() <= {path: path.read_text() for path in measured.records()}.items()
    assert not list(measured.folder.glob("results-local/here/sessions/*/.*"))
    assert measured.python(*SETTLE, "5").returncode == 0
    assert len(measured.records()) == 3


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"sizes": {"D": 9, "B": 16, "L": 2}}, "no record of it under this ruler and profile smoke"),
        ({"profile": "quick"}, "no record of it under this ruler and profile quick"),
        ({"rows": ["relative", "adjugate"]}, "adjugate cannot be measured here"),
        ({"family": "flow"}, "unknown family 'flow'"),
    ],
)
def test_what_cannot_be_measured_is_one_line(measured, changes, says):
    _plant_entries(measured, ENTRY | changes)
    done = measured.python(*SETTLE, "5")
    assert done.returncode == 1
    (line,) = _said(done)
    assert says in line
    assert "1 open on here, none can be measured" in done.stdout
    assert len(measured.records()) == 1


def test_a_session_that_would_differ_is_not_begun(measured):
    done = measured.python(*SETTLE, "5", BENCH_ALLOCATOR="default")
    assert done.returncode == 1
    assert "measured with allocator = kept, this would be default: set BENCH_ALLOCATOR" in done.stderr
    (path,) = measured.records()
    kept = path.read_text()
    path.write_text(json.dumps(json.loads(kept) | {"environment": json.loads(kept)["environment"] | {"cpu": "Other"}}))
    done = measured.python(*SETTLE, "5")
    assert done.returncode == 1
    assert "measured on the processor Other, this is " in done.stderr
    path.write_text(kept)
    kernel = measured.folder / "bench_core/logdet/torch/relative.py"
    kernel.write_text(kernel.read_text() + "# another\n")
    for _ in range(2):  # changed, then committed
        done = measured.python(*SETTLE, "5")
        assert done.returncode == 1
        assert "and bench_core is another here: check that commit out" in done.stderr
        measured.git("commit", "--all", "--quiet", "--allow-empty", "--message", "another")
    assert len(measured.records()) == 1


def test_another_machines_questions_are_not_ours(measured):
    _plant_entries(measured, ENTRY | {"machine": "there"})
    done = measured.python(*SETTLE, "5")
    assert done.returncode == 0
    assert "nothing is open on here (but on there; --machine says which of them this one is)" in done.stdout


@pytest.mark.parametrize(
    ("report", "says"),
    [
        ("import sys; sys.exit('reports: no results in results')", "reports: no results in results"),
        ("print('[{')", "the report's list of what is open is not understood: Expecting"),
        ("print('[{}]')", "the report's list of what is open is not understood: without backend, device"),
    ],
)
def test_a_report_that_does_not_answer_is_one_line(repository, report, says):
    _plant_report(repository, report)
    done = repository.python(*SETTLE, "5")
    assert done.returncode == 2
    (line,) = _said(done)
    assert line.startswith("benchmarks: ")
    assert says in line


def test_time_to_spend_is_more_than_none(run_python):
    done = run_python(*SETTLE, "0")
    assert done.returncode == 2
    assert done.stderr == "benchmarks: --minutes 0 is not a time to spend; allowed: > 0\n"
