"""Crossovers: the sizes that were found, and between which they lie."""

from dataclasses import replace

from reports.digest.crossovers import Crossing
from reports.digest.speedups import Speedup
from reports.pages.family import crossovers
from reports.statistics import Estimate


def test_a_crossing_says_where_and_how_it_is_known(make):
    series = make.series(make.sweep("relative"), make.sweep("inverse"))
    crossing = Crossing(series.key, "relative", "inverse", make.about(50.0), "bracketed", (10.0, 100.0), "relative", 2)
    (table,) = make.tables(crossovers.build(make.family(series, crossovers=(crossing,))))
    (line,) = table.rows
    assert line["size"].text == "50.0 [49.5, 50.5]"
    assert line["kind"].note == "between 10 and 100; the last of 2"
    assert line["above"].text == "relative"
    large = replace(crossing, size=Estimate(1929.62, 1850.5, 3200.0))
    (table,) = make.tables(crossovers.build(make.family(series, crossovers=(large,))))
    assert table.rows[0]["size"].text == "1,900 [1,900, 3,200]"


def test_where_nothing_crosses_a_line_says_so(make):
    series = make.series(make.sweep("relative"), make.sweep("inverse"))
    speedup = Speedup(series.key, 10.0, "relative", "inverse", make.about(2.0), "faster")
    section = crossovers.build(make.family(series, speedups=(speedup,)))
    (told,) = section.blocks
    assert (section.id, told.tone) == ("crossovers", "note")
    assert told.text == "Of no row and baseline is a size known at which one overtakes the other."
    # Where nothing was compared there is nothing to say.
    assert crossovers.build(make.family(series)) is None
