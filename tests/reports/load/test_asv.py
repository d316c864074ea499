"""asv's files."""

import json

import pytest

from reports.load import load
from tests.reports.finders import asv_path


def test_asv_file_written_by_asv_itself_has_the_columns_of_the_synthetic_one(small):
    results = pytest.importorskip("asv.results")
    loaded = results.Results.load(str(asv_path(small)))
    key = "logdet.Torch.track_seconds"
    assert loaded.get_result_value(key, loaded.get_result_params(key))[0] > 0
    assert loaded.get_result_samples(key, loaded.get_result_params(key))[0]


def test_a_parameter_of_another_commits_family_is_one_line(small):
    """The table of all points has no column for it."""
    index = small / "benchmarks.json"
    known = json.loads(index.read_text())
    for entry in known.values():
        if isinstance(entry, dict):
            entry["param_names"] = [{"L": "Z"}.get(name, name) for name in entry["param_names"]]
    index.write_text(json.dumps(known))
    run = load(small)
    (problem,) = run.problems
    assert problem.startswith(asv_path(small).relative_to(small).as_posix())
    assert "unknown size 'Z' of logdet" in problem
    assert len(run.sessions) == 8


def test_environment_named_by_hash_is_matched(small):
    path = asv_path(small)
    folder = next(small.glob("*/sessions/*"))
    path.rename(path.with_name(f"{path.name[:8]}-env-0123456789abcdef.json"))
    folder.rename(folder.with_name(f"{folder.name[:8]}-env-0123456789abcdef"))
    run = load(small)
    assert len(run.parts) == 1
    assert run.parts[0].asv
    assert run.parts[0].sessions == 8
