"""All measured cells as one table, and the same as a script."""

import csv
import io
import json

import pytest

from reports.digest.points import list_points, write_points, write_script


def test_every_cell_is_a_line(digest):
    lines = list(csv.DictReader(io.StringIO(write_points(digest))))
    cells = [cell for f in digest.families for s in f.series for row in s.rows for cell in row.cells]
    assert len(lines) == len(cells) == len(list(list_points(digest)))
    assert {line["outcome"] for line in lines} >= {"ok", "oom", "timeout", "wrong", "error", "skipped", "over_budget"}


def test_numbers_are_those_of_the_cells(digest):
    lines = list(csv.DictReader(io.StringIO(write_points(digest))))
    series = digest.family("logdet").series[0]
    place = series.place
    cell = series.row("inverse").at(256)
    (line,) = [
        line
        for line in lines
        if (line["backend"], line["device"], line["row"], line["size"])
        == (place.backend, place.device, "inverse", "256")
    ]
    assert float(line["seconds"]) == pytest.approx(cell.seconds.value, rel=1e-5)
    assert float(line["seconds_high"]) == pytest.approx(cell.seconds.high, rel=1e-5)
    assert float(line["ratio"]) == pytest.approx(cell.ratio.value, rel=1e-5)
    assert (line["B"], line["L"], line["axis"]) == ("100", "2", "D")
    assert {line["ratio"] for line in lines if line["row"] == "gemm_floor"} == {""}


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
