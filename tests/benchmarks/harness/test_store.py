"""Which records a run takes up again, and that none is ever lost."""

from __future__ import annotations

import os
import time
from datetime import UTC, datetime, timedelta

import pytest

from benchmarks.harness import RULER
from benchmarks.harness.cell import Cell
from benchmarks.harness.profile import QUICK, STANDARD
from benchmarks.harness.record import SCHEMA, read_json, write_json
from benchmarks.harness.store import Store

CELL = Cell.of("logdet", "torch", {"D": 10})


@pytest.fixture
def store(tmp_path, monkeypatch) -> Store:
    monkeypatch.setenv("ASV_ENV_NAME", "checkout-py3.11")
    made = Store(tmp_path, "here")
    made.commit, made.dirty = "a" * 40, False
    return made


def _now(days: int = 0) -> str:
    return (datetime.now(UTC) - timedelta(days=days)).strftime("%Y-%m-%dT%H:%M:%SZ")


def _record(**changes):
    return {
        "schema": SCHEMA,
        "ruler": RULER,
        "profile": "quick",
        "started_at": _now(),
        "commit": "a" * 40,
        "dirty": False,
        "rows": {},
    } | changes


def _told(store: Store):
    return store.results / "here" / "aaaaaaaa-checkout-py3.11.json"


def test_a_record_that_asv_does_not_know_is_taken_up(store):
    record = _record()
    store.save(CELL, 0, record)
    assert store.resumable(CELL, QUICK, 0) == record
    assert store.resumable(CELL, QUICK, 1) is None
    assert store.resumable(CELL, STANDARD, 0) is None


def test_a_record_that_asv_knows_is_not(store):
    store.save(CELL, 0, _record())
    write_json(_told(store), {})
    os.utime(_told(store), (time.time() + 5, time.time() + 5))
    assert store.resumable(CELL, QUICK, 0) is None


@pytest.mark.parametrize("change", [{"ruler": RULER + 1}, {"commit": "b" * 40}, {"dirty": True}, {"profile": "full"}])
def test_a_record_of_something_else_is_not(store, change):
    store.save(CELL, 0, _record(**change))
    assert store.resumable(CELL, QUICK, 0) is None


def test_an_old_record_is_not(store):
    store.save(CELL, 0, _record(started_at=_now(days=2)))
    assert store.resumable(CELL, QUICK, 0) is None


def test_half_a_record_is_measured_anew(store):
    path = store.save(CELL, 0, _record())
    path.write_text('{"schema": ')
    assert store.resumable(CELL, QUICK, 0) is None


def test_an_overwritten_record_is_kept_aside(store):
    store.save(CELL, 0, _record(seed=1))
    path = store.save(CELL, 0, _record(seed=2))
    assert read_json(path)["seed"] == 2
    (kept,) = (path.parent / "superseded").glob("*.session")
    assert read_json(kept)["seed"] == 1


def test_smaller_sizes_of_the_same_sweep_largest_first(store):
    for D in (10, 30, 100):
        cell = Cell.of("logdet", "torch", {"D": D})
        store.save(cell, 0, _record(cell=cell.to_json()))
    other = Cell.of("logdet", "torch", {"D": 20, "B": 7})
    store.save(other, 0, _record(cell=other.to_json()))
    found = store.smaller(Cell.of("logdet", "torch", {"D": 100}), QUICK)
    assert [record["cell"]["sizes"]["D"] for record in found] == [30, 10]
