"""Cells of a card in the order of what they are worth, as many as the time allows; here on the processor."""

from __future__ import annotations

import contextlib
import os
import threading
import time
from dataclasses import asdict, replace

import pytest

from bench_core.method import Unavailable
from benchmarks.families import FAMILIES, Sweep
from benchmarks.harness import RULER, card, environment, gpu, lock, policy, run
from benchmarks.harness.lock import BusyError
from benchmarks.harness.profile import CARD
from benchmarks.harness.record import SCHEMA, read_json
from benchmarks.harness.run import every_cell
from benchmarks.harness.store import processes_in


@pytest.fixture
def small(monkeypatch, tmp_path, small_ceilings):
    """Three cells of a second each, on a device that works, and where their records go."""
    monkeypatch.setenv("BENCH_RESULTS", str(tmp_path / "results"))
    monkeypatch.setenv("BENCH_LOCK", str(tmp_path / "lock"))
    monkeypatch.setenv("ASV_COMMIT", "0" * 40)  # of a dirty checkout nothing would be taken up
    monkeypatch.setattr(card.environment, "_git", lambda *_: "")
    tiny = replace(CARD, processes=1, min_rounds=1, max_rounds=2, row_budget_s=0.01, forms=False, compiled_up_to=0)
    monkeypatch.setattr(card, "CARD", tiny)
    monkeypatch.setattr(card, "LEAST_S", 2.0)
    monkeypatch.setattr(card, "FIRST", (("logdet", "torch", "float32", (12, 8), {}),))
    for name in FAMILIES:
        sweeps = {"": Sweep({"D": (8, 10, 12), "B": (4,), "L": (2,)})} if name == "logdet" else {}
        rows = {"card": ("relative", "gemm_floor")}
        monkeypatch.setitem(FAMILIES, name, replace(FAMILIES[name], sweeps={"card": sweeps}, rows=rows, swept="D"))
    monkeypatch.setattr(card.bench_core, "BACKENDS", ("torch",))
    monkeypatch.setattr(card.smoke, "fault", lambda *_: "")
    return tmp_path / "results" / "here"


def _records(folder):
    return {path.name: path.read_text() for path in folder.glob("sessions/*/*.session")}


def test_further_processes_come_after_all_cells_had_one():
    turns = list(card._turns(every_cell(CARD, "cuda")))
    numbers = [process for _, process in turns]
    assert numbers == sorted(numbers)
    assert set(numbers) == {0, 1, 2}
    assert turns[0][0] == turns[numbers.index(1)][0]


@pytest.mark.long
def test_what_the_time_allows_is_measured_and_the_same_command_goes_on(small, capsys):
    assert card.measure(600, "here", "cpu") == 0
    said = capsys.readouterr().out
    order = [line.split()[2] for line in said.splitlines() if line.startswith("[")]
    assert [name.partition("-D")[2].partition("-")[0] for name in order] == ["12", "8", "10"]
    assert "3 sessions in" in said
    assert "0 are left" in said
    before = _records(small)
    assert len(before) == 3
    # As if the card had been taken back before the end.
    (ledger,) = small.glob("sessions/*/runs/*.ledger")
    *lines, _told = ledger.read_text().splitlines(keepends=True)
    ledger.write_text("".join(lines))
    gone = next(path for path in small.glob("sessions/*/*.session") if "-D10-" in path.name)
    gone.unlink()
    assert card.measure(600, "here", "cpu") == 0
    assert "1 sessions in" in capsys.readouterr().out
    after = _records(small)
    assert after.keys() == before.keys()
    assert [name for name in after if after[name] != before[name]] == [gone.name]


def test_a_first_process_measured_anew_stands_beside_no_further_ones_of_another_day(small, monkeypatch):
    """The second of each cell comes when there is time, which may be never."""
    monkeypatch.setattr(card, "CARD", replace(card.CARD, processes=2))
    days = iter(["first"] * 6 + ["second", "killed"])

    def measure(cell, profile, rows, *, process, **more):
        if (day := next(days)) == "killed":
            raise KeyboardInterrupt
        row = {"outcome": "ok", "reason": "", "samples_s": [], "role": "method", "check_s": 0.1}
        record = {"schema": SCHEMA, "ruler": RULER, "commit": "0" * 40, "dirty": False, "cell": cell.to_json()}
        under = {"policy": asdict(policy.chosen()), "cpu": environment.cpu()}
        record |= {"profile": profile.name, "environment": under, "elapsed_s": 1.0}
        return record | {"started_at": day, "rows": dict.fromkeys(rows, row), "set_aside": []}

    monkeypatch.setattr(run.session, "run", measure)
    assert card.measure(600, "here", "cpu") == 0
    with pytest.raises(KeyboardInterrupt):
        card.measure(600, "here", "cpu")
    (folder,) = small.glob("sessions/*/")
    days_of = {
        cell.swept: [read_json(path)["started_at"] for path in processes_in(folder, cell.name).values()]
        for cell in every_cell(card.CARD, "cpu")
    }
    assert days_of == {12: ["second"], 8: ["first"] * 2, 10: ["first"] * 2}
    assert [read_json(path)["started_at"] for path in folder.glob("superseded/*.p1.*.session")] == ["first"]


def test_nothing_begins_when_the_time_is_over(small, capsys):
    assert card.measure(1, "here", "cpu") == 0
    assert "0 sessions in" in capsys.readouterr().out
    assert not _records(small)


def test_waiting_for_the_machine_is_within_the_time(small, capsys):
    began = time.monotonic()
    with lock.machine_lock("another session"):  # a lock is another's even within one process
        assert card.measure(3, "here", "cpu") == 0
        assert time.monotonic() - began < 3  # less than that is left for no session
    *_, told, last = [line for line in capsys.readouterr().out.splitlines() if "card: " in line]
    assert told.startswith("card: the machine was not free in time: process ")
    assert told.endswith(" for another session")
    assert "0 sessions in" in last
    assert "3 are left" in last
    assert not _records(small)


def test_a_session_has_what_is_left_when_the_machine_is_free(small, monkeypatch):
    given = []

    def begin(cell, profile, rows, **more):
        given.append(profile.session_limit_s)
        raise KeyboardInterrupt

    monkeypatch.setattr(run.session, "run", begin)
    another = contextlib.ExitStack()
    another.enter_context(lock.machine_lock("another session"))
    threading.Timer(1, another.close).start()
    with pytest.raises(KeyboardInterrupt):
        card.measure(10, "here", "cpu")
    assert 5 < given[0] <= 9.1


@pytest.mark.slow
def test_a_session_that_the_end_cuts_off_leaves_its_cell_open(small, monkeypatch, capsys):
    whole = card.measure_process

    def cut(cell, profile, store, process, earlier, **more):
        if more["ends"] - time.monotonic() < profile.session_limit_s and cell.swept == 8:
            profile = replace(profile, session_limit_s=0.05)
        return whole(cell, profile, store, process, earlier, **more)

    monkeypatch.setattr(card, "measure_process", cut)
    assert card.measure(120, "here", "cpu") == 0
    assert "1 are left" in capsys.readouterr().out
    assert sorted("-D8-" in name for name in _records(small)) == [False, False]
    assert card.measure(600, "here", "cpu") == 0  # with time for whole sessions
    assert any("-D8-" in name for name in _records(small))


@pytest.mark.slow
def test_a_record_that_is_there_is_not_left_however_short_the_time(small, monkeypatch, capsys):
    """A row of a whole session may have had no turn: the record is kept, and is not asked for again, nor judged."""
    whole = card.measure_process

    def late(*arguments, **more):
        said = whole(*arguments, **more)
        said["rows"]["gemm_floor"]["reason"] = "time: the session's 300 s were taken before its turn; it was not tried"
        return said

    monkeypatch.setattr(card, "measure_process", late)
    assert card.measure(120, "here", "cpu") == 0
    assert "3 sessions in" in (said := capsys.readouterr().out)
    assert "0 are left" in said
    (ledger,) = small.glob("sessions/*/runs/*.ledger")
    *lines, _told = ledger.read_text().splitlines(keepends=True)
    ledger.write_text("".join(lines))
    assert card.measure(120, "here", "cpu") == 0
    assert "0 sessions in" in (said := capsys.readouterr().out)
    assert "0 are left" in said


@pytest.mark.parametrize(("given", "found"), [(None, gpu.XLA_FLAGS), ("", ""), ("--mine", "--mine")])
def test_xla_does_not_tune_for_minutes_unless_asked(small, monkeypatch, given, found):
    monkeypatch.setattr(card, "_turns", lambda cells: [])
    monkeypatch.setenv("XLA_FLAGS", given or "")  # so that it is put back, whatever happens
    if given is None:
        monkeypatch.delenv("XLA_FLAGS")
    card.measure(1, "here", "cuda")
    assert os.environ["XLA_FLAGS"] == found


@pytest.mark.parametrize(("commit", "dirty", "says"), [("a" * 40, True, "are changed"), (None, False, "no commit")])
def test_records_that_cannot_be_published_are_told_before_they_are_measured(
    small, monkeypatch, capsys, commit, dirty, says
):
    monkeypatch.setattr(card, "_turns", lambda cells: [])
    monkeypatch.setattr(environment, "commit", lambda root: (commit, dirty))
    card.measure(60, "here", "cpu")
    assert f"{says}: what is measured now is not gone on with, and cannot be published" in capsys.readouterr().out


def test_less_than_a_minute_is_refused(capsys):
    from benchmarks.__main__ import main

    assert main(["card", "--minutes", "0.4"]) == 2
    assert capsys.readouterr().err == "benchmarks: --minutes 0.4 is not a time to spend; allowed: 1 or more\n"


def test_a_device_on_which_nothing_works_ends_it_at_once_in_one_line(small, monkeypatch, capsys):
    monkeypatch.setattr(card.bench_core, "BACKENDS", ("torch", "jax"))
    monkeypatch.setattr(card.smoke, "fault", lambda backend, *_: f"{backend} is broken")
    monkeypatch.setattr(card, "measure_process", None)
    assert card.measure(600, "here", "cpu") == 2
    facts, said = capsys.readouterr().out.splitlines()
    assert facts.startswith("card: ")
    assert said == (
        "card: nothing works on device 'cpu', nothing is measured: torch: torch is broken; jax: jax is broken"
    )
    assert not small.exists()


def test_a_backend_with_which_nothing_works_is_left_out(small, monkeypatch, capsys):
    monkeypatch.setattr(card.bench_core, "BACKENDS", ("torch", "jax"))
    monkeypatch.setattr(card.smoke, "fault", lambda backend, *_: "it is broken" if backend == "jax" else "")
    tried = []

    def measure(cell, *_, **__):
        tried.append(cell.backend)
        raise BusyError("enough is seen")

    monkeypatch.setattr(card, "measure_process", measure)
    assert card.measure(600, "here", "cpu") == 0
    said = capsys.readouterr().out
    assert "card: torch works: " in said
    assert "card: jax is left out: it is broken" in said
    assert set(tried) == {"torch"}


def test_a_backend_without_the_device_is_left_out(small, monkeypatch, capsys):
    monkeypatch.setenv("XLA_FLAGS", "")
    from bench_core.backends import torch as backend

    try:
        backend.require_device("cuda")
    except Unavailable:
        pass
    else:
        pytest.skip("there is a CUDA device here")
    assert card.measure(600, "here", "cuda") == 1
    said = capsys.readouterr().out
    assert "torch is left out: device 'cuda' is not available to torch here" in said
    assert said.count("left out") == 1
    assert not _records(small)
