"""What is copied from this machine's own results to the published ones."""

from __future__ import annotations

import gzip
import json
import lzma
import math

import pytest

from benchmarks.harness.publish import publish
from benchmarks.harness.record import read_json, write_json
from benchmarks.harness.unfinished import open_cells

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


def test_records_of_several_devices_are_copied_with_the_studies(local, tmp_path):
    write_json(local / "here/studies/aaaaaaaa/logdet-devices.sharding", {"dirty": False})
    assert publish(local, tmp_path / "results", families=("logdet",)) == 0
    assert "here/studies/aaaaaaaa/logdet-devices.sharding" in _files(tmp_path / "results")


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


def test_of_a_cell_that_was_measured_anew_no_old_process_stays(local, tmp_path):
    sessions = tmp_path / f"results/here/sessions/{STEM}"
    for number in (0, 1, 3):
        write_json(sessions / f"cell.p{number}.session", {"seed": -number})
    write_json(local / f"here/sessions/{STEM}/cell.p1.session", {"dirty": False, "seed": 1})
    publish(local, tmp_path / "results")
    assert [read_json(path)["seed"] for path in sorted(sessions.glob("*.session"))] == [1, 1]
    assert len(list((sessions / "superseded").glob("*.session"))) == 3


def test_a_further_process_is_added_to_those_that_are_published(local, tmp_path):
    sessions = tmp_path / f"results/here/sessions/{STEM}"
    write_json(sessions / "cell.p0.session", {"seed": 0})
    here = local / f"here/sessions/{STEM}"
    (here / "cell.p0.session").rename(here / "cell.p3.session")
    publish(local, tmp_path / "results")
    assert [path.name for path in sorted(sessions.glob("*.session"))] == ["cell.p0.session", "cell.p3.session"]


def test_results_of_a_dirty_tree_are_refused(local, tmp_path, capsys):
    write_json(local / f"here/sessions/{STEM}/cell.p1.session", {"dirty": True})
    assert publish(local, tmp_path / "results") == 1
    assert f"refused here/{STEM}: 1 records of a dirty tree; commit and run\n" in capsys.readouterr().err
    assert not (tmp_path / f"results/here/{STEM}.json").exists()


def _ledger(folder, number, *events, plan=""):
    path = folder / f"here/sessions/{STEM}/runs/{number:04d}-run{number}.ledger"
    planned = {"logdet-torch-D1": 2, "logdet-jax-D1": 1, "line_integral-torch-d1": 1}
    first = {"event": "begin", "plan": plan, "planned": {k: v for k, v in planned.items() if k.startswith(plan)}}
    clock = {"boot": "b", "up": 0.0, "wall": 0.0}
    path.write_text("".join(json.dumps(event | clock) + "\n" for event in [first, *events]))


def _event(kind, cell, process=0):
    return {"event": kind, "cell": cell, "process": process, "sha256": "0"}


LOGDET = [_event("done", "logdet-torch-D1", 0), _event("done", "logdet-torch-D1", 1), _event("done", "logdet-jax-D1")]


@pytest.fixture
def unfinished(local):
    """A run that has measured logdet in JAX, half of its cell in torch, and is at line_integral."""
    _ledger(local, 2, LOGDET[0], LOGDET[2], _event("running", "line_integral-torch-d1"))
    for name in ("logdet-torch-D1.p0", "logdet-jax-D1.p0", "line_integral-torch-d1.p0"):
        write_json(local / f"here/sessions/{STEM}/{name}.session", {"dirty": False})
    write_json(
        local / f"here/{STEM}.json",
        {
            "env_name": "checkout",
            # asv tells holes by NaN, which JSON does not know.
            "results": {"logdet.Torch.track_seconds": [math.nan], "line_integral.Torch.track_seconds": [2]},
            "durations": {"<build>": 3},
        },
        asv=True,
    )
    return local


def test_an_unfinished_run_is_refused_and_says_what_is_open(unfinished, tmp_path, capsys):
    assert publish(unfinished, tmp_path / "results") == 1
    assert capsys.readouterr().err == (
        f"refused here/{STEM}: its run is unfinished, open are cells: 1 of line_integral, 1 of logdet; run the same"
        " command again, or publish what is done with --partial\n"
    )
    copied = ["benchmarks.json", "here/machine.json", "here/studies/aaaaaaaa/toy.study"]
    assert _files(tmp_path / "results") == copied


def test_of_an_unfinished_run_the_cells_that_are_done_may_be_published(unfinished, tmp_path, capsys):
    assert publish(unfinished, tmp_path / "results", partial=True) == 0
    assert "2 open cells left out" in capsys.readouterr().out
    records = [name for name in _files(tmp_path / "results") if name.endswith(".session")]
    assert records == [f"here/sessions/{STEM}/{name}.p0.session" for name in ("cell", "logdet-jax-D1")]
    left = tmp_path / f"results/here/sessions/{STEM}/open.json"
    assert read_json(left) == {"open": ["line_integral-torch-d1", "logdet-torch-D1"]}
    # And one less once a family is done, none when all are.
    _ledger(unfinished, 2, *LOGDET, _event("running", "line_integral-torch-d1"))
    assert publish(unfinished, tmp_path / "results", families=("logdet",)) == 0
    assert read_json(left) == {"open": ["line_integral-torch-d1"]}
    _ledger(unfinished, 3, *LOGDET, _event("done", "line_integral-torch-d1"), {"event": "told"})
    assert publish(unfinished, tmp_path / "results") == 0
    assert not left.exists()


def test_what_another_commit_left_open_is_open_no_more_once_it_is_measured(local, tmp_path):
    earlier = tmp_path / "results/here/sessions/bbbbbbbb-checkout/open.json"
    write_json(earlier, {"open": ["cell", "other"]})
    assert publish(local, tmp_path / "results") == 0
    assert read_json(earlier) == {"open": ["other"]}
    write_json(earlier, {"open": ["cell"], "others": ["a card"]})
    assert publish(local, tmp_path / "results") == 0
    assert read_json(earlier) == {"open": [], "others": ["a card"]}
    write_json(earlier, {"open": ["cell"]})
    assert publish(local, tmp_path / "results") == 0
    assert not earlier.exists()


def test_a_finished_family_of_an_unfinished_run_is_published_alone(unfinished, tmp_path, capsys):
    assert publish(unfinished, tmp_path / "results", families=("logdet",)) == 1
    assert "open are cells: 1 of logdet;" in capsys.readouterr().err
    _ledger(unfinished, 2, *LOGDET, _event("running", "line_integral-torch-d1"))
    assert publish(unfinished, tmp_path / "results", families=("logdet",)) == 0
    records = [name for name in _files(tmp_path / "results") if name.endswith((".session", ".study"))]
    assert records == [f"here/sessions/{STEM}/{name}.p0.session" for name in ("logdet-jax-D1", "logdet-torch-D1")]
    assert set(read_json(tmp_path / f"results/here/{STEM}.json")["results"]) == {"logdet.Torch.track_seconds"}
    # The rest is added once it is there.
    _ledger(unfinished, 3, *LOGDET, _event("done", "line_integral-torch-d1"), {"event": "told"})
    assert publish(unfinished, tmp_path / "results", families=("line_integral",)) == 0
    assert len(read_json(tmp_path / f"results/here/{STEM}.json")["results"]) == 2
    with pytest.raises(ValueError, match="nothing of score to publish"):
        publish(unfinished, tmp_path / "results", families=("score",))


def test_what_a_later_run_has_told_or_done_is_not_open(unfinished):
    sessions = unfinished / f"here/sessions/{STEM}"
    assert open_cells(sessions) == {"logdet-torch-D1", "line_integral-torch-d1"}
    _ledger(unfinished, 3, *LOGDET, {"event": "told"}, plan="logdet")
    assert open_cells(sessions) == {"line_integral-torch-d1"}
    _ledger(unfinished, 4, plan="line")
    assert open_cells(sessions) == {"line_integral-torch-d1"}
    _ledger(unfinished, 5, {"event": "told"})
    assert open_cells(sessions) == {"line_integral-torch-d1"}  # of the part that was begun before
    _ledger(unfinished, 6, {"event": "told"}, plan="line")
    assert open_cells(sessions) == set()


def test_of_a_run_whose_plan_is_not_known_all_is_open_until_it_is_told(local):
    path = local / f"here/sessions/{STEM}/runs/0002-run2.ledger"
    _ledger(local, 2, _event("running", "logdet-jax-D1"), LOGDET[2], plan="logdet")
    path.write_text(path.read_text().replace('{"logdet-torch-D1": 2, "logdet-jax-D1": 1}', "null"))
    assert open_cells(path.parent.parent) == {"logdet-jax-D1"}
    path.write_text(path.read_text() + '{"event": "told"}\n')
    assert open_cells(path.parent.parent) == set()


def test_a_cell_that_is_being_measured_again_is_open(unfinished):
    _ledger(unfinished, 2, {"event": "told"})
    _ledger(unfinished, 3, *LOGDET[:2], _event("running", "logdet-torch-D1", 1), plan="logdet-torch")
    assert open_cells(unfinished / f"here/sessions/{STEM}") == {"logdet-torch-D1"}


def test_a_further_process_in_flight_opens_no_cell_that_has_all_that_were_planned(unfinished):
    """Of a card: one process of each cell is planned, and more come while there is time."""
    _ledger(unfinished, 2, {"event": "told"})
    _ledger(unfinished, 3, LOGDET[2], _event("running", "logdet-jax-D1", 1), plan="logdet-jax")
    assert open_cells(unfinished / f"here/sessions/{STEM}") == set()


def test_nothing_to_publish_is_one_line(local, tmp_path):
    with pytest.raises(ValueError, match=r"no results of machine 'there' in .*; there are: here"):
        publish(local, tmp_path / "results", "there")


@pytest.mark.parametrize("place", ["studies/aaaaaaaa/toy.study", f"sessions/{STEM}/cell.p0.session"])
def test_records_are_published_packed(tmp_path, place):
    source, target = tmp_path / "local/here" / place, tmp_path / "results/here" / place
    record = {"dirty": False, "rows": [{"loss": 1.0}] * 1000}
    write_json(source, record)
    assert publish(tmp_path / "local", tmp_path / "results") == 0
    assert target.stat().st_size < source.stat().st_size / 5
    assert json.loads(lzma.decompress(target.read_bytes())) == record
    assert read_json(target) == record
    assert publish(tmp_path / "local", tmp_path / "results") == 0  # the same again: nothing is set aside
    assert [path.name for path in target.parent.iterdir()] == [target.name]


def test_nine_digits_of_a_number_are_published_and_all_of_a_point_in_time(tmp_path):
    place = f"sessions/{STEM}/cell.p0.session"
    source, target = tmp_path / "local/here" / place, tmp_path / "results/here" / place
    samples, seed = [0.4691374049943988, 1.2345678949e-05, -3.0], 12345678901234567890
    write_json(source, {"dirty": False, "samples_s": samples, "at": 1795910400.1234567, "seed": seed})
    assert publish(tmp_path / "local", tmp_path / "results") == 0
    told = read_json(target)
    assert told["samples_s"] == [0.469137405, 1.23456789e-05, -3.0]
    assert (told["at"], told["seed"]) == (1795910400.1234567, seed)
    target.write_bytes(lzma.compress(source.read_bytes()))  # as it was published before, with all digits
    assert publish(tmp_path / "local", tmp_path / "results") == 0
    assert [path.name for path in target.parent.iterdir()] == [target.name]


def test_the_same_record_otherwise_packed_is_the_same(local, tmp_path):
    """By another library, or from before there was packing: no process beside it is set aside."""
    assert publish(local, tmp_path / "results") == 0
    sessions = tmp_path / f"results/here/sessions/{STEM}"
    raw = lzma.decompress((sessions / "cell.p0.session").read_bytes())
    write_json(sessions / "cell.p3.session", {"seed": 3})
    for written in (raw, gzip.compress(raw, 1, mtime=7), lzma.compress(raw, preset=1)):
        (sessions / "cell.p0.session").write_bytes(written)
        assert publish(local, tmp_path / "results") == 0
        assert (sessions / "cell.p0.session").read_bytes() == written
        assert sorted(path.name for path in sessions.iterdir()) == ["cell.p0.session", "cell.p3.session"]
    (local / f"here/sessions/{STEM}/cell.p0.session").write_bytes(written)  # and one that is brought back packed
    assert publish(local, tmp_path / "results") == 0
    assert (sessions / "cell.p0.session").read_bytes() == written


def test_samples_that_the_records_have_stand_there_alone(local, tmp_path):
    columns = {"result_columns": ["result", "params", "stats_repeat", "samples", "profile"]}
    entry = [[0.1], [["'relative'"]], [3], [[0.1, 0.1, 0.2]]]
    told = {"env_name": "checkout", "results": {"b": entry}, "durations": {}} | columns
    write_json(local / f"here/{STEM}.json", told)
    write_json(local / "here/bbbbbbbb-other.json", told | {"env_name": "other"})
    assert publish(local, tmp_path / "results") == 0
    assert read_json(tmp_path / f"results/here/{STEM}.json")["results"] == {"b": entry[:3]}
    # Of a run without records asv's file is all there is.
    assert read_json(tmp_path / "results/here/bbbbbbbb-other.json")["results"] == {"b": entry}
