"""Cold and cached compile times: never mixed, and what they say of break-even calls."""

import math

import pytest

from reports.analysis import Analysis
from reports.load import load
from reports.pages import compilation
from reports.pages.blocks import Table


def build(synthetic, folder, times, sizes=(64,)):
    """Sessions of one process each whose `relative:compiled` has these fields."""
    for size in sizes:
        for process, fields in enumerate(times):
            session = synthetic.make_session(size, rounds=12, process=process, processes=len(times))
            row = session["rows"]["relative:compiled"]
            del row["compile_s"]
            row |= fields
            synthetic.write_session(folder, session, "direct")
    return Analysis(load(folder))


def find_table(analysis, name):
    tables = (block for block in compilation.build(analysis).blocks if isinstance(block, Table))
    return next(table for table in tables if table.name == name)


def pay(analysis):
    (line,) = find_table(analysis, "compilation").rows
    return line["calls"].text, line["calls"].data


def new(cold, cached):
    return {"compile_cold_s": cold, "compile_cached_s": cached}


def test_older_records_say_cold_of_their_first_process_alone(synthetic, tmp_path):
    analysis = build(synthetic, tmp_path, [{"compile_s": 2.0}, {"compile_s": 0.1}, {"compile_s": 0.14}])
    found = [
        (line["row"].text, line["cold"].data, line["cached"].data) for line in find_table(analysis, "first-calls").rows
    ]
    assert (
        "relative:compiled",
        {"compile_cold_s": 2.0},
        {"compile_cached_s": pytest.approx(math.nan, nan_ok=True)},
    ) in found
    text, data = pay(analysis)
    seconds = [
        analysis.point(s, 64, row).seconds.value for s in analysis.series() for row in ("relative", "relative:compiled")
    ]
    assert data["calls"] == pytest.approx(2.0 / (seconds[0] - seconds[1]), rel=0.1)
    # One cold time: nothing says how much another would differ.
    assert math.isnan(data["calls_low"])
    assert "[" not in text


def test_later_processes_alone_say_nothing_of_cold(synthetic, tmp_path):
    for process in (1, 2):
        session = synthetic.make_session(64, rounds=12, process=process, processes=3)
        synthetic.write_session(tmp_path, session, "direct")
    assert pay(Analysis(load(tmp_path)))[0] == "compiling with nothing cached was not timed"


def test_cold_times_of_several_processes_give_an_interval(synthetic, tmp_path):
    times = [new(2.0, 0.1), new(2.1, 0.12), new(1.9, None)]
    # Absolute times have an interval where eight cells and rows have several processes.
    analysis = build(synthetic, tmp_path, times)
    line = next(x for x in find_table(analysis, "first-calls").rows if x["row"].text == "relative:compiled")
    assert (line["cold"].data, line["cached"].data) == ({"compile_cold_s": 2.0}, {"compile_cached_s": 0.11})
    text, data = pay(analysis)
    assert data["calls_low"] < data["calls"] < data["calls_high"]
    assert "[" in text


def test_the_cache_does_not_shorten_what_must_be_paid(synthetic, tmp_path):
    """Third processes are cache hits: their compile times made `pays after` smaller by the share of them."""
    cold = pay(build(synthetic, tmp_path / "one", [new(2.0, None)]))[1]
    mixed = pay(build(synthetic, tmp_path / "three", [new(2.0, None), new(None, 0.1), new(None, 0.1)]))[1]
    assert mixed["calls"] == pytest.approx(cold["calls"], rel=0.1)
    assert math.isnan(mixed["calls_low"])
