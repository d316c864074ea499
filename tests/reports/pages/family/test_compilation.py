"""Compilation: calls only where the compiled form is the faster, and cold is never mixed with cached."""

import math

import pytest

from reports.digest.compilation import Payoff
from reports.pages.family import compilation
from reports.statistics import Estimate


@pytest.mark.parametrize(
    ("verdict", "setup", "calls", "text"),
    [
        ("faster", 2.0, Estimate(1000.0, 800.0, 1200.0), "1 k [800 , 1.2 k] calls"),
        ("faster", 2.0, Estimate(1000.0, math.nan, math.nan), "1 k [–] calls"),
        ("faster", -0.1, Estimate(1.0, math.nan, math.nan), "the first call"),
        ("faster", math.nan, None, "its set-up was not timed cold"),
        ("slower", 2.0, None, "never: slower"),
        ("undetermined", 2.0, None, "undetermined"),
    ],
)
def test_what_pays(make, verdict, setup, calls, text):
    series = make.series(make.sweep("relative"), make.sweep("relative:compiled"))
    payoff = Payoff(series.key, 10.0, "relative:compiled", "relative", setup, make.about(1.5), verdict, calls)
    (table,) = make.tables(compilation.build(make.family(series, payoffs=(payoff,))))
    (line,) = table.rows
    assert line["calls"].text.replace(" ,", ",") == text.replace(" ,", ",")


def test_first_calls_of_the_main_rows(make):
    cells = [make.cell(size, 0.1, compile_cold_s=3.0, compile_cached_s=0.2, first_call_s=3.3) for size in make.SIZES]
    series = make.series(make.row("relative", *cells), make.row("relative:compiled", *cells[:2]))
    (table,) = make.tables(compilation.build(make.family(series)))
    assert [(line["row"].text, line["size"].text) for line in table.rows] == [
        ("relative", "10,000"),
        ("relative:compiled", "100"),
    ]
    assert (table.rows[0]["cold"].text, table.rows[0]["cached"].text) == ("3 s", "200 ms")
    nothing = [make.cell(size, 0.1, compile_cold_s=3.0, first_call_s=3.3) for size in make.SIZES]
    (table,) = make.tables(compilation.build(make.family(make.series(make.row("relative", *nothing)))))
    assert "cached" not in {column.key for column in table.columns}
