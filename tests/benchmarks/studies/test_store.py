"""What a study leaves while it runs and after, and which of it a run takes up."""

from __future__ import annotations

import shutil

import pytest

from benchmarks.harness.record import read_json
from benchmarks.studies._store import StudyStore, digest_source

IDENTITY = {"settings": {"epochs": 3, "image": (1, 8, 8)}}


@pytest.fixture
def make(tmp_path, monkeypatch):
    monkeypatch.setenv("BENCH_RESULTS", str(tmp_path))

    def make(**changes) -> StudyStore:
        return StudyStore("toy-study", IDENTITY | changes, "here")

    return make


def _writer(text: str):
    return lambda path: path.write_text(text)


def test_a_checkpoint_comes_back(make):
    store = make()
    header = store.begin({"processes": []})
    header["processes"].append("first")
    store.keep(header)
    assert store.rows("a") == []
    assert store.state("a") is None
    store.save("a", [{"epoch": 1}], _writer("state 1"))
    store.save("a", [{"epoch": 1}, {"epoch": 2}], _writer("state 2"))
    again = make()
    assert again.begin({"processes": []})["processes"] == ["first"]
    assert [row["epoch"] for row in again.rows("a")] == [1, 2]
    assert again.state("a").read_text() == "state 2"
    # One state a training: the earlier one is gone.
    assert len(list(again.folder.glob("*.state"))) == 1


def test_names_that_begin_alike_keep_their_states(make):
    store = make()
    store.begin({})
    for unit in ("neumann_1-seed1", "neumann_10-seed1", "neumann_1-seed10"):
        store.save(unit, [{}], _writer(unit))
    store.save("neumann_1-seed1", [{}, {}], _writer("later"))
    assert store.state("neumann_10-seed1").read_text() == "neumann_10-seed1"
    assert store.state("neumann_1-seed10").read_text() == "neumann_1-seed10"


def test_a_kill_between_state_and_record_leaves_the_earlier_pair(make, monkeypatch):
    store = make()
    store.begin({})
    store.save("a", [{"epoch": 1}], _writer("state 1"))

    def killed(*arguments):
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("benchmarks.studies._store.write_json", killed)
        with pytest.raises(KeyboardInterrupt):
            store.save("a", [{"epoch": 1}, {"epoch": 2}], _writer("state 2"))
    again = make()
    again.begin({})
    assert len(again.rows("a")) == 1
    assert again.state("a").read_text() == "state 1"


@pytest.mark.parametrize("change", [{"settings": {"epochs": 4}}, {"threads": 1}])
def test_a_checkpoint_of_something_else_moves_aside(make, change):
    store = make()
    store.begin({"mark": 1})
    store.save("a", [{"epoch": 1}], _writer("state 1"))
    other = make(**change)
    assert "mark" not in other.begin({})
    assert other.rows("a") == []
    (kept,) = (store.folder.parent / "superseded").iterdir()
    assert (kept / "a.1.state").read_text() == "state 1"


def test_another_source_is_another_identity(tmp_path):
    for name in ("bench_core/a.py", "benchmarks/studies/b.py", "benchmarks/harness/c.py"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("1")
    first = digest_source(tmp_path)
    (tmp_path / "benchmarks/harness/c.py").write_text("2")
    assert digest_source(tmp_path) == first
    (tmp_path / "bench_core/a.py").write_text("2")
    assert digest_source(tmp_path) != first


def test_the_end_leaves_the_record_alone(make):
    for number in (1, 2):
        store = make()
        store.begin({})
        store.save("a", [{}], _writer("state"))
        path = store.finish({"number": number})
    assert read_json(path) == {"number": 2}
    (kept,) = (path.parent / "superseded").glob("*.study")
    assert read_json(kept) == {"number": 1}
    assert sorted(p.name for p in path.parent.iterdir()) == ["superseded", "toy-study.study"]


def test_a_kill_while_checkpoints_are_removed_begins_anew(make, monkeypatch):
    store = make()
    store.begin({"mark": 1})
    with monkeypatch.context() as patched:
        patched.setattr(shutil, "rmtree", lambda path, **options: None)
        store.finish({})
    again = make()
    assert "mark" not in again.begin({})
    assert sorted(p.name for p in again.path.parent.iterdir()) == ["toy-study.checkpoint", "toy-study.study"]


def test_one_run_at_a_time(make):
    first, second = make(), make()
    with first.lock(), pytest.raises(ValueError, match=r"toy-study\.study is being run by another process"):
        second.lock().__enter__()
    with second.lock():
        pass
