"""What a study leaves while it runs and after, and which of it a run takes up."""

from __future__ import annotations

import shutil
import zipfile

import pytest

from benchmarks.harness.record import read_json
from benchmarks.studies._store import StudyStore, digest_source

IDENTITY = {"settings": {"epochs": 3, "image": (1, 8, 8)}}


@pytest.fixture
def make(tmp_path, monkeypatch):
    monkeypatch.setenv("BENCH_RESULTS", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))  # where the lock lies

    def make(**changes) -> StudyStore:
        return StudyStore("toy-study", IDENTITY | changes, "here")

    return make


def _states(**texts: str):
    """What writes these states."""
    return {name: (lambda path, text=text: path.write_text(text)) for name, text in texts.items()}


def _load(store: StudyStore, seed: int, *names: str) -> dict[str, str]:
    found = {}
    store.load(seed, {name: (lambda path, name=name: found.update({name: path.read_text()})) for name in names})
    return found


def test_a_checkpoint_comes_back(make):
    store = make()
    header = store.begin({"processes": []})
    header["processes"].append("first")
    store.keep(header)
    assert store.rows(0) == []
    assert _load(store, 0, "a", "b") == {}
    store.save(0, [{"epoch": 1}], _states(a="a 1", b="b 0"))
    store.save(0, [{"epoch": 1}, {"epoch": 2}], _states(a="a 1", b="b 2"))
    store.save(10, [{"epoch": 1}], _states(a="other", b="other"))
    again = make()
    assert again.begin({"processes": []})["processes"] == ["first"]
    assert [row["epoch"] for row in again.rows(0)] == [1, 2]
    assert _load(again, 0, "a", "b") == {"a": "a 1", "b": "b 2"}
    # One file a seed, and nothing of what it was made from.
    assert sorted(path.name for path in again.folder.iterdir()) == ["header.json", "seed0.zip", "seed10.zip"]


def test_a_seed_that_is_done_has_rows_alone(make):
    store = make()
    store.begin({})
    store.save(0, [{"epoch": 1}], _states(a="a 1"))
    store.save(0, [{"epoch": 1}, {"epoch": 2}])
    assert len(store.rows(0)) == 2
    with zipfile.ZipFile(store.folder / "seed0.zip") as pack:
        assert pack.namelist() == ["rows.json"]


def test_a_kill_while_states_are_written_leaves_the_earlier_checkpoint(make):
    store = make()
    store.begin({})
    store.save(0, [{"epoch": 1}], _states(a="a 1", b="b 1"))

    def killed(path):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        store.save(0, [{"epoch": 1}, {"epoch": 2}], _states(a="a 2") | {"b": killed})
    again = make()
    again.begin({})
    assert len(again.rows(0)) == 1
    assert _load(again, 0, "a", "b") == {"a": "a 1", "b": "b 1"}


@pytest.mark.parametrize("change", [{"settings": {"epochs": 4}}, {"threads": 1}])
def test_a_checkpoint_of_something_else_moves_aside(make, change):
    store = make()
    store.begin({"mark": 1})
    store.save(0, [{"epoch": 1}], _states(a="state 1"))
    other = make(**change)
    assert "mark" not in other.begin({})
    assert other.rows(0) == []
    (kept,) = (store.folder.parent / "superseded").iterdir()
    with zipfile.ZipFile(kept / "seed0.zip") as pack:
        assert pack.read("a.state") == b"state 1"


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
        store.save(0, [{}], _states(a="state"))
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
    with first.lock(), pytest.raises(ValueError, match=r"toy-study\.study is in the hands of process"):
        second.lock().__enter__()
    with second.lock():
        pass
