"""What was planned and is not measured, beside a run's records."""

import json

import pytest

from reports.load import Unmeasured, load


def test_open_cells_that_nothing_has_measured_since(synthetic, tmp_path):
    path = synthetic.write_session(tmp_path, synthetic.make_session(64, rows=("relative", "gemm_floor")), "card")
    measured = path.name.partition(".p")[0]
    told = {"open": [measured, "logdet-jax-cuda-tf32-D8-B4-L2"], "others": ["graphs of quadratures"]}
    (path.parent / "open.json").write_text(json.dumps(told))
    machine, commit = path.parents[2].name, path.parent.name.partition("-")[0]
    assert load(tmp_path).unmeasured == (Unmeasured(machine, commit, tuple(told["open"][1:]), tuple(told["others"])),)
    (path.parent / "open.json").write_text(json.dumps({"open": [measured]}))
    assert load(tmp_path).unmeasured == ()
    (path.parent / "open.json").write_text(json.dumps({"open": None}))
    assert load(tmp_path).unmeasured == ()


@pytest.mark.parametrize(
    ("raw", "line"), [('{"open": [', "not valid JSON"), ('{"open": 7}', "open and others must be lists")]
)
def test_a_broken_file_is_one_line(synthetic, tmp_path, raw, line):
    path = synthetic.write_session(tmp_path, synthetic.make_session(64, rows=("relative", "gemm_floor")), "card")
    (path.parent / "open.json").write_text(raw)
    run = load(tmp_path)
    (problem,) = run.problems
    assert f"{path.parent.name}/open.json: {line}" in problem
    assert run.unmeasured == ()


def test_it_is_one_of_the_files_that_were_read(synthetic, tmp_path):
    path = synthetic.write_session(tmp_path, synthetic.make_session(64, rows=("relative", "gemm_floor")), "card")
    (path.parent / "open.json").write_text(json.dumps({"open": ["logdet-jax-cuda-tf32-D8-B4-L2"]}))
    assert [file.kind for file in load(tmp_path).files] == ["session", "open"]
