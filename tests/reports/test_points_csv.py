"""The tidy table of all points."""

import csv
import io

import pytest

from reports.analysis import Analysis
from reports.columns import COLUMNS
from reports.load import load
from reports.points_csv import write_points
from tests.reports.finders import series_of


def read(text):
    return list(csv.DictReader(io.StringIO(text)))


def find(lines, **wanted):
    (line,) = (line for line in lines if all(line[name] == value for name, value in wanted.items()))
    return line


@pytest.fixture(scope="module")
def text(analysis):
    return write_points(analysis)


@pytest.fixture(scope="module")
def table(text):
    return read(text)


def test_every_column_is_described(text):
    (head,) = csv.reader([text.partition("\n")[0]])
    assert head == [column.name for column in COLUMNS]
    assert len(set(head)) == len(head)
    assert all(column.meaning and not column.meaning.endswith(".") for column in COLUMNS)
    units = {column.name: column.unit for column in COLUMNS}
    assert all(units[name] == "s" for name in head if name.startswith("seconds") or name.endswith("_s"))
    assert all(units[name] == "bytes" for name in head if name.endswith("bytes"))


def test_a_line_for_each_row_and_cell(analysis, table):
    """But for what was not tried."""
    points = [p for s in analysis.series() for row in analysis.rows(s) for p in analysis.points(s, row)]
    assert len(table) == len([point for point in points if point.outcome != "skipped"]) < len(points)
    keys = [
        tuple(line[name] for name in ("machine", "backend", "device", "dtype", "D", "B", "L", "row")) for line in table
    ]
    assert len(set(keys)) == len(keys)


def test_a_line_holds_the_points_numbers(analysis, table, synthetic):
    series = series_of(analysis)
    point, ratio = analysis.point(series, 1024, "inverse"), analysis.ratio(series, 1024, "inverse", "gemm_floor")
    line = find(table, backend="torch", device="cpu", D="1024", row="inverse")
    expected = {
        **{"seconds": point.seconds.value, "seconds_low": point.seconds.low, "seconds_high": point.seconds.high},
        **{"minimum_s": point.minimum, "ratio": ratio.value, "ratio_low": ratio.low, "ratio_high": ratio.high},
        **{"flops": point.flops, "peak_bytes": point.peak_bytes, "error": point.error, "first_call_s": 0},
    }
    expected["first_call_s"] = 3 * synthetic.true_seconds("inverse", 1024, "torch", "cpu") + 0.004
    for name, value in expected.items():
        assert float(line[name]) == pytest.approx(value, rel=1e-3), name
    words = {"outcome": "ok", "role": "method", "computes": "ordinary", "exact": "1", "patient": "0", "reason": ""}
    words |= {"family": "logdet", "machine": synthetic.MACHINE, "dtype": "float32", "state": "", "L": "2", "gamma": ""}
    words |= {"processes": "3", "samples": "72", "basis": "own", "form": "eager"}
    assert {name: line[name] for name in words} == words
    compiled = find(table, backend="torch", device="cpu", D="1024", row="relative:compiled")
    assert float(compiled["compile_cold_s"]) == pytest.approx(0.9)
    assert compiled["compile_cached_s"] == ""


def test_what_did_not_run_has_a_reason_and_no_time(table):
    line = find(table, backend="torch", device="cpu", D="8192", row="inverse")
    assert line["outcome"] == "over_budget"
    assert "over the budget" in line["reason"]
    timed = ("seconds", "seconds_low", "seconds_high", "minimum_s", "samples", "processes", "ratio", "error")
    assert all(line[name] == "" for name in timed)
    yardstick = find(table, backend="torch", device="cpu", D="8192", row="gemm_floor")
    assert yardstick["seconds"] != "" == yardstick["ratio"]


def test_the_same_results_give_the_same_bytes(text, results):
    again = Analysis(load(results))
    for series in reversed(again.series()):
        again.exponent(series, "relative")
    assert write_points(again) == text


def test_a_patient_row_is_marked_and_has_no_interval(synthetic, tmp_path):
    session = synthetic.make_session(1024, rounds=2, rows=("inverse", "gemm_floor")) | {"profile": "patient"}
    synthetic.write_session(tmp_path, session, "direct")
    line = find(read(write_points(Analysis(load(tmp_path)))), row="inverse")
    assert (line["patient"], line["samples"], line["processes"]) == ("1", "2", "1")
    assert line["seconds_low"] == line["seconds_high"] == line["ratio_low"] == line["ratio_high"] == ""
    truth = [synthetic.true_seconds(row, 1024, "torch", "cpu") for row in ("inverse", "gemm_floor")]
    assert float(line["ratio"]) == pytest.approx(truth[0] / truth[1], rel=0.05)


def test_the_clocks_of_a_gpu_have_columns(carded, table, card):
    lines = read(write_points(Analysis(load(carded))))
    line = find(lines, backend="torch", dtype="float32", D="1024", row="relative")
    assert float(line["latency_s"]) == pytest.approx(card.LATENCY * float(line["seconds"]), rel=1e-3)
    assert float(line["device_s"]) == pytest.approx(card.DEVICE * float(line["seconds"]), rel=1e-3)
    # The CPU has no such clock.
    assert {line["cold_latency_s"] for line in table} == {""}
