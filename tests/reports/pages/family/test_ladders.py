"""Ladders: panels where there are four rungs, a power only where it is known."""

from reports.digest.ladders import Climb
from reports.pages.family import ladders
from reports.statistics import Estimate


def climb(make, rungs, deep=False, time=None, stems=("unrolled", "unrolled_checkpointed")):
    rows, found = [make.sweep("jfb")], []
    for stem in stems:
        rows += [make.row(f"{stem}_{k}", make.cell(100, 1e-3 * k, peak_bytes=1e5 * k)) for k in rungs]
    series = make.series(*rows)
    for stem in stems:
        numbers = tuple((float(k), f"{stem}_{k}") for k in rungs)
        found.append(Climb(series.key, 100.0, stem, "K", numbers, time, None, deep))
    return ladders.build(make.family(series, name="implicit", climbs=tuple(found)))


def test_two_methods_of_four_rungs_are_a_panel_and_less_is_not(make):
    (figure,) = make.figures(climb(make, (1, 2, 5, 10)))
    assert figure.title == "Time of one call by K"
    assert "unrolled 1 ms to 10 ms" in figure.alt
    assert make.figures(climb(make, (1, 2, 5))) == []
    assert make.figures(climb(make, (1, 2, 5, 10), stems=("neumann",))) == []


def test_memory_is_drawn_where_it_is_meant_to_grow(make):
    assert [f.title for f in make.figures(climb(make, (1, 2, 5, 10), deep=True))] == [
        "Time of one call by K",
        "Peak memory by K",
    ]


def test_a_power_that_may_be_anything_is_not_told(make):
    (table,) = make.tables(climb(make, (1, 2, 5, 10), time=Estimate(1.0, 0.9, 1.1)))
    assert table.rows[0]["time"].text == "1.00 [0.90, 1.10]"
    assert "memory" not in [column.key for column in table.columns]
    section = climb(make, (1, 2, 5, 10), time=Estimate(1.0, 0.1, 2.1))
    (table,) = make.tables(section)
    assert table.rows[0]["time"].text == "–"
    assert "time" not in [column.key for column in table.columns]
    assert "power" not in section.blocks[-1].text
    (table,) = make.tables(climb(make, (1, 2, 5, 10), time=Estimate(1.0, 1 - 1e-8, 1 + 1e-8)))
    assert table.rows[0]["time"].text == "1.00 [1.00, 1.00]"
