"""Loading: what was written comes back, and bad input says so in one line."""

import json
import shutil

import numpy as np
import pytest

from reports.__main__ import main
from reports.load import LoadError, load


def find(run, **wanted):
    frame = run.frame
    for name, value in wanted.items():
        frame = frame[frame[name] == value]
    return frame


def session_path(folder, size=256, backend="torch"):
    return next(folder.glob(f"*/sessions/*/logdet-{backend}-cpu-float32-D{size}-*.p0.session"))


def asv_path(folder):
    return next(path for path in folder.glob("*/*.json") if path.name != "machine.json")


def change(path, edit):
    record = json.loads(path.read_text())
    edit(record)
    path.write_text(json.dumps(record))


def fails(capsys, *arguments):
    """The one line that a command leaves on stderr when it exits with 2."""
    assert main(list(arguments)) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.count("\n") == 1
    return captured.err


def test_round_trip(results, synthetic):
    run = load(results)
    record = synthetic.make_session(1024, "torch", "cpu", 1, 3)
    for row, written in record["rows"].items():
        line = find(run, cell="logdet-torch-cpu-float32-B100-D1024-L2", row=row, process=1).iloc[0]
        assert line["outcome"] == written["outcome"]
        assert line["reason"] == written["reason"]
        assert list(line["samples_s"]) == written["samples_s"]
        assert list(line["rounds"]) == written["rounds"]
        assert line["flops"] == written["cost"]["flops"]
        assert line["computes"] == written["computes"]
    assert run.commit == synthetic.COMMIT[:8]
    assert run.profile == "standard"
    assert run.device == "cpu, cuda"
    assert len(run.sessions) == 3 * 3 * len(synthetic.SIZES)
    assert run.problems == ()
    assert all(len(file.sha256) == 64 for file in run.files)


def test_asv_medians_are_those_of_the_records(results):
    frame = load(results).frame
    ok = frame[frame["outcome"] == "ok"]
    for _, lines in ok.groupby(["cell", "row"]):
        pooled = np.concatenate(list(lines["samples_s"]))
        assert lines["asv_seconds"].iloc[0] == pytest.approx(np.median(pooled))


def test_samples_are_tidy(small):
    run = load(small)
    samples = run.samples()
    assert len(samples) == sum(len(s) for s in run.frame["samples_s"])
    assert (samples["seconds"] > 0).all()
    assert list(samples.columns) == ["machine", "cell", "process", "row", "round", "position", "seconds"]


def test_asv_file_written_by_asv_itself_has_the_columns_of_the_synthetic_one(small):
    results = pytest.importorskip("asv.results")
    loaded = results.Results.load(str(asv_path(small)))
    key = "logdet.Torch.track_seconds"
    assert loaded.get_result_value(key, loaded.get_result_params(key))[0] > 0
    assert loaded.get_result_samples(key, loaded.get_result_params(key))[0]


def test_asv_without_session_record_is_kept_unpaired(small):
    path = session_path(small)
    path.unlink()
    line = find(load(small), cell="logdet-torch-cpu-float32-B100-D256-L2", row="relative").iloc[0]
    assert line["recorded_by"] == "asv"
    assert len(line["samples_s"]) == 8
    assert len(line["rounds"]) == 0
    # Other sizes know what the row is.
    assert (line["role"], line["computes"]) == ("method", "relative")


def test_outcome_codes_without_session_records(small, synthetic):
    for path in small.glob("*/sessions/*/*.session"):
        path.unlink()
    frame = load(small).frame
    line = frame[(frame["row"] == "transposed") & (frame["cell"] == "logdet-jax-cpu-float32-B100-D256-L2")].iloc[0]
    assert line["outcome"] == "wrong"
    assert line["reason"]


def test_sessions_without_asv_are_kept(small):
    asv_path(small).unlink()
    run = load(small)
    assert len(run.sessions) == 8
    assert not any(part.asv for part in run.parts)


def test_environment_named_by_hash_is_matched(small):
    path = asv_path(small)
    folder = next(small.glob("*/sessions/*"))
    path.rename(path.with_name(f"{path.name[:8]}-env-0123456789abcdef.json"))
    folder.rename(folder.with_name(f"{folder.name[:8]}-env-0123456789abcdef"))
    run = load(small)
    assert len(run.parts) == 1
    assert run.parts[0].asv
    assert run.parts[0].sessions == 8


def test_newest_commit_is_chosen_and_older_ones_by_name(results, synthetic):
    assert load(results).commit == synthetic.COMMIT[:8]
    old = load(results, synthetic.OLD_COMMIT[:6])
    assert old.commit == synthetic.OLD_COMMIT[:8]
    assert set(old.frame["recorded_by"]) == {"asv"}
    assert load(results).history["commit"].nunique() == 2


def test_more_thorough_profile_supersedes(small, synthetic):
    quick = synthetic.make_session(256, "torch", "cpu", rounds=6) | {"profile": "quick"}
    synthetic.write_session(small, quick, "direct")
    run = load(small)
    assert run.superseded == 1
    assert set(run.frame["environment"]) == {run.parts[0].environment}


def test_a_newer_ruler_supersedes_every_cell_of_its_family(small, synthetic):
    """And not those of another family, measured before."""
    other = synthetic.make_implicit_session(64) | {"started_at": "2020-01-01T00:00:00Z"}
    synthetic.write_session(small, other, "direct")
    before = load(small)
    newer = synthetic.make_session(256, rounds=6) | {"ruler": 2, "profile": "quick"}
    synthetic.write_session(small, newer, "direct")
    run = load(small)
    logdet = run.frame[run.frame["family"] == "logdet"]
    assert before.frame["cell"].nunique() > 2
    assert set(logdet["cell"]) == {"logdet-torch-cpu-float32-B100-D256-L2"}
    assert set(logdet["profile"]) == {"quick"}
    assert run.superseded == before.frame["cell"].nunique() - 1
    assert set(run.frame["family"]) == {"logdet", "implicit"}


def test_a_family_is_not_hidden_by_a_later_run_of_another(small, synthetic):
    """In one environment, at two commits."""
    environment = load(small).environment
    later = synthetic.make_implicit_session(64) | {"commit": "f" * 40, "started_at": "2030-01-01T00:00:00Z"}
    synthetic.write_session(small, later, environment)
    run = load(small)
    assert {(part.commit, part.environment) for part in run.parts} == {
        (synthetic.COMMIT, environment),
        ("f" * 40, environment),
    }
    assert set(run.frame["family"]) == {"logdet", "implicit"}


def test_optional_fields_may_be_null(small):
    def empty(record):
        for key in (
            "environment",
            "ceiling",
            "canary",
            "stages_s",
            "stop",
            "failures",
            "dirty",
            "started_at",
            "elapsed_s",
        ):
            record[key] = None
        for row in record["rows"].values():
            for key in (
                "cost",
                "error",
                "tolerance",
                "measure",
                "build_s",
                "first_call_s",
                "predicted_s",
                "peak_bytes",
                "positions",
            ):
                row[key] = None

    for path in small.glob("*/sessions/*/*.session"):
        change(path, empty)
    assert len(load(small).sessions) == 8


@pytest.mark.parametrize(
    ("edit", "line"),
    [
        (lambda r: r["cell"].update(family="logdte"), "unknown family 'logdte'"),
        (lambda r: r["cell"]["sizes"].update(D=0), "D must be positive, got 0"),
        (lambda r: r["cell"]["sizes"].update(D=-4), "D must be positive, got -4"),
        (lambda r: r.update(schema=2), "schema 2 is not 1"),
        (lambda r: r["rows"]["relative"].update(outcome="fine"), "unknown outcome 'fine'"),
        (lambda r: r["rows"]["relative"].update(samples_s=[0.1, -1]), "samples_s must be positive"),
        (lambda r: r.update(rows=[]), "rows must be an object"),
        (lambda r: r.update(cell=None), "the cell must name"),
    ],
)
def test_a_bad_record_is_named_and_left_out(small, edit, line):
    path = session_path(small)
    change(path, edit)
    run = load(small)
    assert [p for p in run.problems if path.name in p and line in p]
    assert len(run.sessions) == 7


def test_corrupt_json_is_named_and_the_rest_goes_on(small, capsys, tmp_path):
    path = session_path(small)
    path.write_text('{"schema": 1, "cell"')
    output = tmp_path / "page"
    (output / "csv").mkdir(parents=True)
    (output / "csv" / "gone.csv").write_text("of an earlier build")
    assert main(["--results", str(small), "--output", str(output)]) == 0
    assert not (output / "csv" / "gone.csv").exists()
    assert f"{path.name}: not valid JSON" in capsys.readouterr().err
    health = (output / "index.md").read_text().split("## 3 Health")[1].split("## 4")[0]
    assert f"{path.name}: not valid JSON" in health


def test_nothing_but_corrupt_files(tmp_path, capsys):
    (tmp_path / "results" / "machine").mkdir(parents=True)
    (tmp_path / "results" / "machine" / "abc-direct.json").write_text("{")
    error = fails(capsys, "--results", str(tmp_path / "results"), "--output", str(tmp_path / "page"))
    assert "no results in" in error
    assert "abc-direct.json: not valid JSON" in error


def test_missing_and_empty_folder(tmp_path, capsys):
    assert "results folder not found" in fails(capsys, "--results", str(tmp_path / "nowhere"))
    assert "no results in" in fails(capsys, "--results", str(tmp_path))


def test_unknown_commit(small, capsys):
    error = fails(capsys, "--results", str(small), "--commit", "ffff")
    assert "no results for commit ffff" in error
    assert "3f2a9c1e" in error


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (
            ["--family", "logdte", "--D", "100"],
            "unknown family 'logdte' (known: logdet, implicit, line_integral, score)",
        ),
        (["--family", "implicit", "--D", "100"], "no results of family implicit (the results hold: logdet)"),
        (["--family", "logdet", "--D", "0"], "D must be positive and finite, got 0"),
        (["--family", "logdet", "--D", "-3"], "D must be positive and finite, got -3"),
        (["--family", "logdet", "--D", "nan"], "D must be positive and finite, got nan"),
        (["--family", "logdet", "--D", "10", "--B", "0"], "B must be positive and finite, got 0"),
        (["--family", "logdet", "--D", "10", "--error", "-1"], "error must be positive and finite, got -1"),
        (["--family", "logdet", "--D", "10", "--device", "tpu"], "no results of logdet on tpu"),
        (["--family", "logdet", "--D", "10", "--computes", "hessian"], "no method computes 'hessian'"),
    ],
)
def test_answer_refuses_bad_input(small, capsys, arguments, line):
    assert line in fails(capsys, "answer", "--results", str(small), *arguments)


def test_command_line_errors_are_one_line(capsys):
    with pytest.raises(SystemExit) as stop:
        main(["answer", "--family", "logdet"])
    assert stop.value.code == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_ambiguous_commit(results):
    with pytest.raises(LoadError, match="give more digits"):
        load(results, "")


def test_one_machine_of_several(small, capsys):
    name = next(path.parent.name for path in small.glob("*/machine.json"))
    other = small / "other"
    other.mkdir()
    (other / "machine.json").write_text(json.dumps({"machine": "other", "version": 1}))
    assert {session.machine for session in load(small, machine=name).sessions} == {name}
    told = fails(capsys, "--results", str(small), "--machine", "absent")
    assert f"no results of machine 'absent' in {small} (there are: {', '.join(sorted((name, 'other')))})" in told


def test_of_two_folders_a_file_in_both_is_the_first_ones(small, tmp_path):
    """This machine's own results before the published ones, and nothing twice."""
    own = tmp_path / "results-local"
    shutil.copytree(small, own)
    (path, *_) = sorted(own.glob("*/sessions/*/*.session"))
    record = json.loads(path.read_text())
    path.write_text(json.dumps(record | {"seed": 1234}))
    one, two = load(small), load((own, small))
    assert len(two.frame) == len(one.frame)
    assert len(two.sessions) == len(one.sessions)
    assert 1234 in {session.get("seed") for session in two.sessions}
    path.unlink()
    assert 1234 not in {session.get("seed") for session in load((own, small)).sessions}
    assert len(load((own, small)).sessions) == len(one.sessions)
