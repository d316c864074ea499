"""Records of commits that were compared side by side."""

import json

import pytest

from reports.comparisons import find_comparisons

CELL = {"family": "logdet", "backend": "jax", "device": "cpu", "dtype": "float32", "sizes": {"L": 2, "D": 64, "B": 100}}
LINE = {"cell": CELL, "row": "relative", "verdict": "slower", "ratio": 1.2, "interval": [1.1, 1.3], "pairs": 8}
RECORD = {"schema": 1, "base": "a" * 40, "commit": "b" * 40, "finished_at": "2026-11-27T00:00:00+00:00", "rows": [LINE]}


def find(tmp_path, *records):
    folder = tmp_path / "m/studies/bbbbbbbb"
    folder.mkdir(parents=True)
    for j, record in enumerate(records):
        (folder / f"logdet-aaaaaaaa-{j}.comparison").write_text(json.dumps(record))
    problems: list[str] = []
    return find_comparisons([tmp_path / "m"], lambda path: json.loads(path.read_text()), problems), problems


def test_a_line_names_both_commits_the_cell_and_the_ratio(tmp_path):
    (found,), problems = find(tmp_path, RECORD)
    assert problems == []
    assert (found.machine, found.base, found.head) == ("m", "a" * 40, "b" * 40)
    assert found.sizes == (("B", 100), ("D", 64), ("L", 2))
    assert (found.verdict, found.ratio.value, found.ratio.low, found.ratio.n) == ("slower", 1.2, 1.1, 8)


def test_of_few_pairs_there_is_no_interval(tmp_path):
    (found,), _ = find(tmp_path, RECORD | {"rows": [LINE | {"verdict": "open", "interval": None}]})
    assert found.ratio.undetermined


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"schema": 2}, "schema 2 is not 1"),
        ({"base": None}, "it must name the commits base and commit"),
        ({"rows": []}, "rows must be a list of lines"),
        ({"rows": [LINE | {"cell": {}}]}, "row 0: the cell must name family, backend, device and dtype"),
        ({"rows": [LINE | {"row": None}]}, "row 0: it must name its row and the sizes of its cell"),
        ({"rows": [LINE | {"verdict": "maybe"}]}, "row 0: unknown verdict 'maybe'"),
        ({"rows": [LINE | {"interval": [-1, 2]}]}, "row 0: ratio and interval must be positive numbers"),
        ({"rows": [LINE | {"interval": 7}]}, "row 0: ratio and interval must be positive numbers"),
        ({"rows": [LINE | {"interval": [1.1]}]}, "row 0: the interval must be a low and a high around the ratio"),
        ({"rows": [LINE | {"interval": [1.3, 1.4]}]}, "row 0: the interval must be a low and a high around the ratio"),
    ],
)
def test_a_record_with_a_fault_is_one_line(tmp_path, changed, told):
    found, (problem,) = find(tmp_path, RECORD | changed)
    assert found == ()
    assert problem.startswith(f"m/studies/bbbbbbbb/logdet-aaaaaaaa-0.comparison: {told}")
