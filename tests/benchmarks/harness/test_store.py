"""Which records a run takes up again, and that none is ever lost."""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import asdict

import pytest

from benchmarks.harness import RULER, environment, ledger, policy
from benchmarks.harness.cell import Cell
from benchmarks.harness.ledger import RunName
from benchmarks.harness.profile import CARD, QUICK, STANDARD
from benchmarks.harness.record import SCHEMA, read_json
from benchmarks.harness.store import ROOM_BYTES, Store, UnwritableError, processes_in, room

CELL = Cell.of("logdet", "torch", {"D": 10})
OTHER = Cell.of("logdet", "torch", {"D": 20})
DAY_S = 86400


@pytest.fixture
def open_store(tmp_path, monkeypatch):
    """A store as the next run of a plan sees it."""
    monkeypatch.setenv("ASV_ENV_NAME", "checkout-py3.11")

    def make(number: int, plan: str = "", commit: str | None = "a" * 40) -> Store:
        monkeypatch.setattr("benchmarks.harness.environment.commit", lambda root: (commit, False))
        made = Store(tmp_path, "here", run=RunName(f"run{number}", plan))
        made.begin(QUICK, lambda: None)
        return made

    return make


@pytest.fixture
def store(open_store) -> Store:
    return open_store(1)


def _record(**changes):
    return {
        "schema": SCHEMA,
        "ruler": RULER,
        "profile": "quick",
        "commit": "a" * 40,
        "dirty": False,
        "environment": {"policy": asdict(policy.chosen()), "cpu": environment.cpu(), "gpu": None},
        "rows": {"relative": {"outcome": "ok"}},
    } | changes


def _keep(store: Store, cell: Cell = CELL, **changes) -> dict:
    record = _record(**changes)
    store.note("running", cell, 0, pid=1, began="0")
    store.save(cell, 0, record)
    store.note_done(cell, 0, record, resumed=False)
    return record


def _tell(store: Store) -> None:
    ledger.tell(store.results / store.machine, store.run, "told", store.stem)


def _rewrite(store: Store, change) -> None:
    """Change every line of the run's ledger, as another clock would have written it."""
    path = store.ledgers.own().path
    path.write_text("".join(json.dumps(change(json.loads(line))) + "\n" for line in path.read_text().splitlines()))


def test_a_record_of_a_run_that_was_cut_off_is_taken_up(store, open_store):
    record = _keep(store)
    later = open_store(2)
    assert later.resumable(CELL, QUICK, 0) == record
    assert later.resumable(CELL, QUICK, 1) is None
    assert later.resumable(OTHER, QUICK, 0) is None
    assert later.resumable(CELL, STANDARD, 0) is None


def test_a_record_of_another_policy_is_not_taken_up(store, open_store, monkeypatch):
    _keep(store)
    for variable, value in (("BENCH_ALLOCATOR", "default"), ("BENCH_WAITING", "passive")):
        with monkeypatch.context() as other:
            other.setenv(variable, value)
            assert open_store(2).resumable(CELL, QUICK, 0) is None
    assert open_store(3).resumable(CELL, QUICK, 0) is not None


def test_a_record_of_another_processor_or_card_is_not_taken_up(store, open_store, monkeypatch):
    on_card = Cell.of("logdet", "torch", {"D": 10}, device="cuda")
    for cell, change in ((CELL, {"cpu": "another"}), (on_card, {"gpu": "another"})):
        _keep(store, cell, environment=_record()["environment"] | change)
        assert open_store(2).resumable(cell, QUICK, 0) is None
        _keep(store, cell)
        assert open_store(3).resumable(cell, QUICK, 0) is not None
    monkeypatch.setattr(environment, "cpu", lambda: "another")
    assert open_store(4).resumable(CELL, QUICK, 0) is None


def test_what_took_the_run_down_is_taken_up_and_a_session_without_its_device_is_not(store, open_store):
    """Of the former no process has run; that of the latter ended before it could tell on what."""
    row = {"outcome": "error", "reason": ledger.TOOK_DOWN}
    record = _keep(store, environment={"warnings": []}, rows={"relative": row})
    assert open_store(2).resumable(CELL, QUICK, 0) == record
    _keep(store, environment={"policy": asdict(policy.chosen())})
    assert open_store(3).resumable(CELL, QUICK, 0) is None


def test_without_a_commit_nothing_is_taken_up(open_store):
    _keep(open_store(1, commit=None), commit=None)
    assert open_store(2, commit=None).resumable(CELL, QUICK, 0) is None


def test_a_record_that_was_told_is_not(store, open_store):
    _keep(store)
    _tell(store)
    assert open_store(2).resumable(CELL, QUICK, 0) is None


def _timed(*rows: str, code: str = "today's") -> dict:
    return _record(content=code, rows={row: {"outcome": "ok", "samples_s": [1.0]} for row in rows})


def test_a_record_that_settles_nothing_takes_the_place_of_none_that_has_as_much(store):
    path, aside = store.path(CELL, 0), store.folder / "superseded"
    first, less, more, other = _timed("a"), _timed(), _timed("a", "b"), _timed(code="yesterday's")
    for record, there in ((first, first), (less, first), (more, more), (first, more), (other, other)):
        store.save_open(CELL, 0, record)
        assert read_json(path) == there
    kept = [read_json(aside / f"{path.stem}.{number}.session") for number in range(1, 5)]
    assert kept == [less, first, first, more]
    assert not list(store.folder.glob(".*"))


def test_a_further_process_that_settles_nothing_stands_beside_no_first_one(store):
    """Readers pool the processes of a cell."""
    store.save(CELL, 0, _timed("a"))
    store.save_open(CELL, 1, _timed("a"))
    assert list(processes_in(store.folder, CELL.name)) == [0]
    assert list(processes_in(store.folder / "superseded", CELL.name)) == []
    assert read_json(store.folder / "superseded" / f"{CELL.name}.p1.1.session") == _timed("a")


def test_a_first_process_that_settles_nothing_has_none_of_another_measurement_beside_it(store):
    for process in (0, 1):
        store.save(CELL, process, _timed("a"))
    store.save_open(CELL, 0, _timed("b"))
    assert list(processes_in(store.folder, CELL.name)) == [0]


def test_a_record_that_no_ledger_knows_is_not(store, open_store):
    """Such as those of a fresh clone, where every file is new."""
    store.save(CELL, 0, _record())
    assert open_store(2).resumable(CELL, QUICK, 0) is None


def test_a_record_with_other_content_is_not(store, open_store):
    _keep(store)
    path = store.path(CELL, 0)
    path.write_text(path.read_text() + " ")
    assert open_store(2).resumable(CELL, QUICK, 0) is None


@pytest.mark.parametrize("change", [{"ruler": RULER + 1}, {"commit": "b" * 40}, {"dirty": True}, {"profile": "full"}])
def test_a_record_of_something_else_is_not(store, open_store, change):
    _keep(store, **change)
    assert open_store(2).resumable(CELL, QUICK, 0) is None


def test_a_part_in_between_neither_takes_nor_spoils_what_the_whole_run_left(store, open_store):
    record = _keep(store)
    part = open_store(2, "logdet")
    assert part.resumable(CELL, QUICK, 0) == record
    part.note_done(CELL, 0, record, resumed=True)
    _keep(part, OTHER)
    _tell(part)
    assert open_store(3).resumable(CELL, QUICK, 0) == record
    assert open_store(4).resumable(OTHER, QUICK, 0) is None
    # The same part again is asked for anew.
    assert open_store(5, "logdet").resumable(CELL, QUICK, 0) is None


def test_a_range_that_was_cut_off_at_its_second_commit_goes_on_from_its_first(store, open_store):
    record = _keep(store)
    _tell(store)
    _keep(open_store(1, commit="b" * 40), commit="b" * 40)
    assert open_store(2).resumable(CELL, QUICK, 0) == record
    second = open_store(2, commit="b" * 40)
    assert second.resumable(CELL, QUICK, 0)
    _tell(second)
    assert open_store(3).resumable(CELL, QUICK, 0) is None


@pytest.mark.parametrize(
    ("change", "kept"),
    [
        (lambda e: e | {"up": e["up"] - 2 * DAY_S}, False),
        (lambda e: e | {"up": e["up"] - DAY_S / 2, "wall": e["wall"] - 400 * DAY_S}, True),
        (lambda e: e | {"wall": e["wall"] + 400 * DAY_S}, True),
        (lambda e: e | {"boot": "another", "wall": e["wall"] - 3600}, True),
        (lambda e: e | {"boot": "another", "wall": e["wall"] - 2 * DAY_S}, False),
        (lambda e: e | {"boot": "another", "wall": e["wall"] + 400 * DAY_S}, True),
    ],
    ids=["two days", "set back", "set forward", "restarted", "restarted after two days", "restarted and set"],
)
def test_a_day_is_told_by_the_clock_that_nobody_sets(open_store, monkeypatch, change, kept):
    at = ledger.now() | {"up": 1e4}  # whatever this machine's start
    monkeypatch.setattr(ledger, "now", lambda: at)
    _keep(store := open_store(1))
    _rewrite(store, change)
    assert (open_store(2).resumable(CELL, QUICK, 0) is not None) == kept


@pytest.mark.parametrize(("days", "kept"), [(2, True), (29, True), (31, False)])
def test_a_card_that_is_lent_again_days_later_is_gone_on_with(open_store, monkeypatch, days, kept):
    at = ledger.now() | {"up": 1e7}
    monkeypatch.setattr(ledger, "now", lambda: at)
    _keep(store := open_store(1), profile=CARD.name)
    _rewrite(store, lambda e: e | {"up": e["up"] - days * DAY_S} | ({"profile": CARD.name} if "profile" in e else {}))
    assert (open_store(2).resumable(CELL, CARD, 0) is not None) == kept


def test_a_line_that_was_cut_off_is_no_event_and_the_next_one_is_whole(store, open_store):
    record = _keep(store)
    path = store.ledgers.own().path
    path.write_text(path.read_text() + '{"event": "to')
    store.note("running", OTHER, 0, pid=1, began="0")
    assert [event["event"] for event in store.ledgers.own().events()][-2:] == ["done", "running"]
    assert open_store(2).resumable(CELL, QUICK, 0) == record


def test_a_crash_is_a_session_that_was_neither_done_nor_stopped(store, open_store):
    store.note("running", CELL, 0, pid=1, began="0")
    assert open_store(2).crashes(CELL, 0) == 1
    assert open_store(2).crashes(CELL, 1) == open_store(2).crashes(OTHER, 0) == 0
    stopped = open_store(2)
    stopped.note("running", CELL, 0, pid=1, began="0")
    ledger.tell(stopped.results / stopped.machine, stopped.run, "stopped")
    assert open_store(3).crashes(CELL, 0) == 1
    open_store(3).note("running", CELL, 0, pid=1, began="0")
    assert open_store(4).crashes(CELL, 0) == 2
    _keep(open_store(4))
    assert open_store(5).crashes(CELL, 0) == 0


def test_a_folder_that_takes_no_file_is_one_line(tmp_path):
    (tmp_path / "file").write_text("")
    where = tmp_path / "file" / "below"
    with pytest.raises(UnwritableError, match=r"nothing can be kept in .*file/below \(.*\): make room"), room(where):
        pass


def test_room_is_held_for_as_long_as_it_is_needed(tmp_path, monkeypatch):
    with room(tmp_path):
        assert [path.stat().st_size for path in tmp_path.iterdir()] == [ROOM_BYTES]
    assert not list(tmp_path.iterdir())

    def interrupt(descriptor: int) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", interrupt)  # while it is being taken
    with pytest.raises(KeyboardInterrupt), room(tmp_path):
        pass
    assert not list(tmp_path.iterdir())


def test_records_replaced_again_and_again_are_all_kept_aside(store):
    """Within one second, too."""
    for seed in range(5):
        path = store.save(CELL, 0, _record(seed=seed))
    assert read_json(path)["seed"] == 4
    assert sorted(read_json(kept)["seed"] for kept in (path.parent / "superseded").glob("*.session")) == [0, 1, 2, 3]
    shutil.rmtree(path.parent)


def test_further_processes_of_a_measurement_that_is_replaced_move_aside(store):
    for process in (0, 1, 2, 10):
        store.save(CELL, process, _record(seed=process))
    other = store.save(Cell.of("logdet", "torch", {"D": 100}), 10, _record())
    store.set_aside(CELL, lambda process: process == 1)
    assert sorted(processes_in(store.folder, CELL.name)) == [0, 1]
    kept = (store.folder / "superseded").glob("*.session")
    assert sorted(read_json(path)["seed"] for path in kept) == [2, 10]
    assert other.exists()


def test_smaller_sizes_of_the_same_sweep_largest_first(store):
    for D in (10, 30, 100):
        cell = Cell.of("logdet", "torch", {"D": D})
        store.save(cell, 0, _record(cell=cell.to_json()))
    other = Cell.of("logdet", "torch", {"D": 20, "B": 7})
    store.save(other, 0, _record(cell=other.to_json()))
    found = store.smaller(Cell.of("logdet", "torch", {"D": 100}), QUICK)
    assert [record["cell"]["sizes"]["D"] for record in found] == [30, 10]
