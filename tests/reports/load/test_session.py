"""Session records: what was written comes back, and a bad one is named in one line."""

import json

import pytest

from reports.load import load
from tests.reports.finders import lines_of, session_path


def change(path, edit):
    record = json.loads(path.read_text())
    edit(record)
    path.write_text(json.dumps(record))


def test_round_trip(analysis, synthetic):
    run = analysis.run
    record = synthetic.make_session(1024, "torch", "cpu", 1, 3)
    for row, written in record["rows"].items():
        line = lines_of(run, cell="logdet-torch-cpu-float32-B100-D1024-L2", row=row, process=1).iloc[0]
        assert line["outcome"] == written["outcome"]
        assert line["reason"] == written["reason"]
        assert list(line["samples_s"]) == written["samples_s"]
        assert list(line["rounds"]) == written["rounds"]
        assert line["flops"] == written["cost"]["flops"]
        assert line["computes"] == written["computes"]
    assert {part.commit for part in run.parts} == {synthetic.COMMIT}
    assert run.profile == "standard"
    assert set(run.frame["device"]) == {"cpu", "cuda"}
    assert len(run.sessions) == 3 * 3 * len(synthetic.SIZES)
    assert run.problems == ()
    assert all(len(file.sha256) == 64 for file in run.files)


def test_optional_fields_may_be_null(small):
    def empty(record):
        record |= dict.fromkeys(("environment", "ceiling", "canary", "stages_s", "stop", "failures"))
        record |= dict.fromkeys(("dirty", "started_at", "elapsed_s"))
        for row in record["rows"].values():
            row |= dict.fromkeys(("cost", "error", "tolerance", "measure", "build_s", "first_call_s", "predicted_s"))
            row |= dict.fromkeys(("peak_bytes", "positions"))

    for path in small.glob("*/sessions/*/*.session"):
        change(path, empty)
    assert len(load(small).sessions) == 8


@pytest.mark.parametrize(
    ("edit", "line"),
    [
        (lambda r: r["cell"].update(family="logdte"), "unknown family 'logdte'"),
        (lambda r: r["cell"]["sizes"].update(D=0), "D must be positive, got 0"),
        (lambda r: r["cell"]["sizes"].update(D=-4), "D must be positive, got -4"),
        (lambda r: r["cell"]["sizes"].update(Z=4), "unknown size 'Z' of logdet (known: D, B, L, condition)"),
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
