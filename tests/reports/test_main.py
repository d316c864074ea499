"""The command line: bad input says so in one line."""

import json

import pytest

from reports.__main__ import main
from reports.load import load
from tests.reports.finders import session_path


def fails(capsys, *arguments):
    """The one line that a command leaves on stderr when it exits with 2."""
    assert main(list(arguments)) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.count("\n") == 1
    return captured.err


def test_corrupt_json_is_named_and_the_rest_goes_on(small, capsys, tmp_path):
    path = session_path(small)
    path.write_text('{"schema": 1, "cell"')
    output = tmp_path / "page"
    (output / "csv").mkdir(parents=True)
    (output / "csv" / "gone.csv").write_text("of an earlier build")
    assert main(["--results", str(small), "--output", str(output)]) == 0
    assert not (output / "csv" / "gone.csv").exists()
    assert f"{path.name}: not valid JSON" in capsys.readouterr().err
    for page in ("index.md", "index.html", "health.html"):
        assert f"{path.name}: not valid JSON" in (output / page).read_text()


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
        (["--family", "logdet", "--D", "10", "--question", "hessian"], "no question 'hessian'"),
    ],
)
def test_answer_refuses_bad_input(small, capsys, arguments, line):
    assert line in fails(capsys, "answer", "--results", str(small), *arguments)


def test_a_folder_that_cannot_be_written_is_one_line(small, capsys, tmp_path, monkeypatch):
    monkeypatch.setattr("reports.__main__.build_digest", lambda analysis: None)
    monkeypatch.setattr("reports.__main__.write_sides", lambda digest, folder: "")
    output = tmp_path / "nowhere" / "README.md"
    error = fails(capsys, "sides", "--results", str(small), "--output", str(output))
    assert error == f"reports: {output}: No such file or directory\n"


def test_command_line_errors_are_one_line(capsys):
    with pytest.raises(SystemExit) as stop:
        main(["answer", "--family", "logdet"])
    assert stop.value.code == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_one_machine_of_several(small, capsys):
    name = next(path.parent.name for path in small.glob("*/machine.json"))
    other = small / "other"
    other.mkdir()
    (other / "machine.json").write_text(json.dumps({"machine": "other", "version": 1}))
    assert {session.machine for session in load(small, machine=name).sessions} == {name}
    told = fails(capsys, "--results", str(small), "--machine", "absent")
    assert f"no results of machine 'absent' in {small} (there are: {', '.join(sorted((name, 'other')))})" in told
