"""All measured cells as a script."""

import json

import pytest

from reports.digest.points import list_points, write_script


def test_every_cell_is_a_point(digest):
    points = list(list_points(digest))
    cells = [cell for f in digest.families for s in f.series for row in s.rows for cell in row.cells]
    assert len(points) == len(cells)
    assert {p["outcome"] for p in points} >= {"ok", "oom", "timeout", "wrong", "error", "skipped", "over_budget"}
    assert {p["ratio"] for p in points if p["row"] == "gemm_floor"} == {None}


def test_the_script_holds_the_same(digest):
    text = write_script(digest)
    assert text.startswith("window.POINTS = ")
    held = json.loads(text.removeprefix("window.POINTS = ").removesuffix(";\n"))
    points, columns = list(list_points(digest)), held["columns"]
    assert held["varied"] == {family.name: list(family.letters) for family in digest.families}
    assert held["letters"] == ["B", "L"]
    for j, point in list(enumerate(points))[::37]:
        assert columns["row"]["words"][columns["row"]["at"][j]] == point["row"]
        seconds = columns["seconds"][j]
        assert seconds == (None if point["seconds"] is None else pytest.approx(point["seconds"], rel=1e-3))
