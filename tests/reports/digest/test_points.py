"""All measured cells as a script."""

import json

import pytest

from reports.digest.points import list_points, list_series, write_script


def test_every_cell_is_a_point(digest):
    points = list(list_points(digest))
    cells = [cell for f in digest.families for s in f.series for row in s.rows for cell in row.cells]
    assert len(points) == len(cells)
    assert {p["outcome"] for p in points} >= {"ok", "oom", "timeout", "wrong", "error", "skipped", "over_budget"}
    assert {p["ratio"] for p in points if p["row"] == "gemm_floor"} == {None}
    near = [c.seconds is not None and c.seconds.basis == "neighbours" and c.seconds.low > 0 for c in cells]
    assert [p["near"] for p in points] == near


def test_the_script_holds_the_same(digest):
    text = write_script(digest)
    assert text.startswith("window.POINTS = ")
    held = json.loads(text.removeprefix("window.POINTS = ").removesuffix(";\n"))
    points, columns = list(list_points(digest)), held["columns"]
    assert held["varied"] == {family.name: list(family.letters) for family in digest.families}
    assert held["letters"] == ["B", "L"]
    assert held["series"] == list_series(digest)
    for j, point in list(enumerate(points))[::37]:
        assert columns["row"]["words"][columns["row"]["at"][j]] == point["row"]
        assert columns["seconds"][j] == (
            None if point["seconds"] is None else pytest.approx(point["seconds"], rel=1e-3)
        )


def test_numbers_are_those_of_the_cells(digest):
    series = digest.family("logdet").series[1]
    cell = series.row("inverse").at(256)
    (point,) = [p for p in list_points(digest) if (p["series"], p["row"], p["size"]) == (1, "inverse", 256)]
    assert point["seconds"] == cell.seconds.value
    assert point["seconds_high"] * cell.seconds.value / 1000 == pytest.approx(cell.seconds.high, rel=2e-3)
    assert point["ratio_low"] * cell.ratio.value / 1000 == pytest.approx(cell.ratio.low, rel=2e-3)
    told = list_series(digest)[1]
    assert (told["family"], told["backend"], told["axis"], told["B"]) == ("logdet", series.place.backend, "D", 100)
