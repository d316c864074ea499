"""What is copied from this machine's own results to the published ones."""

from __future__ import annotations

import pytest

from benchmarks.harness.publish import publish
from benchmarks.harness.record import read_json, write_json

STEM = "aaaaaaaa-checkout"


@pytest.fixture
def local(tmp_path):
    folder = tmp_path / "results-local"
    write_json(folder / "benchmarks.json", {"b": {"name": "b"}, "version": 2})
    write_json(folder / "here/machine.json", {"machine": "here"})
    write_json(folder / f"here/{STEM}.json", {"env_name": "checkout", "results": {"b": [1]}, "durations": {}})
    for name in (STEM, f"{STEM}-direct"):
        write_json(folder / f"here/sessions/{name}/cell.p0.session", {"dirty": False, "seed": 1})
    (folder / f"here/sessions/{STEM}/runs").mkdir()
    (folder / f"here/sessions/{STEM}/runs/0001-run.ledger").write_text("{}\n")
    write_json(folder / f"here/sessions/{STEM}/superseded/cell.p0.1.session", {"dirty": False})
    write_json(folder / "here/studies/aaaaaaaa/toy.study", {"dirty": False})
    return folder


def _files(folder):
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def test_results_are_copied_and_ledgers_and_single_cells_are_not(local, tmp_path, capsys):
    assert publish(local, tmp_path / "results") == 0
    assert _files(tmp_path / "results") == [
        "benchmarks.json",
        f"here/{STEM}.json",
        "here/machine.json",
        f"here/sessions/{STEM}/cell.p0.session",
        "here/studies/aaaaaaaa/toy.study",
    ]
    assert capsys.readouterr().out == f"copied here/{STEM}: 2 files\ncopied here/studies/aaaaaaaa: 1 files\n"


def test_what_is_published_already_is_merged_and_nothing_is_lost(local, tmp_path):
    results = tmp_path / "results"
    write_json(results / "benchmarks.json", {"a": {"name": "a"}, "version": 2})
    write_json(results / f"here/{STEM}.json", {"results": {"a": [0], "b": [0]}, "durations": {}})
    write_json(results / f"here/sessions/{STEM}/cell.p0.session", {"seed": 0})
    publish(local, results, "here")
    assert set(read_json(results / "benchmarks.json")) == {"a", "b", "version"}
    assert read_json(results / f"here/{STEM}.json")["results"] == {"a": [0], "b": [1]}
    assert read_json(results / f"here/sessions/{STEM}/cell.p0.session")["seed"] == 1
    assert read_json(results / f"here/sessions/{STEM}/superseded/cell.p0.1.session")["seed"] == 0
    before = _files(results)
    publish(local, results, "here")
    assert _files(results) == before


def test_results_of_a_dirty_tree_are_refused(local, tmp_path, capsys):
    write_json(local / f"here/sessions/{STEM}/cell.p1.session", {"dirty": True})
    assert publish(local, tmp_path / "results") == 1
    assert f"refused here/{STEM}: 1 records of a dirty tree; commit and run\n" in capsys.readouterr().err
    assert not (tmp_path / f"results/here/{STEM}.json").exists()


def test_nothing_to_publish_is_one_line(local, tmp_path):
    with pytest.raises(ValueError, match=r"no results of machine 'there' in .*; there are: here"):
        publish(local, tmp_path / "results", "there")
