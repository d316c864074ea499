"""Rivals: every row is told with its error and memory, and what it is."""

import math

from reports.digest.fronts import Front, Trade
from reports.pages.family import rivals


def trade(make, row, seconds, error, front=False, role="method", exact=True, other=False):
    nothing = dict.fromkeys(("products", "cosine", "descent", "residual"), math.nan)
    about = make.about(seconds)
    known = {"row": row, "role": role, "exact": exact, "seconds": about, "error": error, "counted": False}
    ratio = make.about(seconds / 3)
    return Trade(**known, **nothing, front=front, other=other, peak_bytes=2e6, ratio=ratio)


def test_every_row_is_told_with_what_it_is(make):
    trades = (
        trade(make, "hutchinson_cg_1", 1.0, 5.0, front=True, exact=False),
        trade(make, "self_normalizing_10", 2.0, 0.1, exact=False, other=True),
        trade(make, "relative", 3.0, 1e-7, front=True),
        trade(make, "lu_layer", 4.0, 1e-7, other=True),
        trade(make, "nflows_lu", 5.0, 2e-7, role="peer", other=True),
        trade(make, "inverse", 6.0, 3e-7),
    )
    series = make.series(*(make.sweep(trade.row) for trade in trades), B=100, L=1)
    section = rivals.build(make.family(series, rivals=(Front(series.key, 100.0, trades),)))
    (figure,), (table,) = make.figures(section), make.tables(section)
    assert figure.title == "A gradient of the log-likelihood of a batch: error against the time of a call"
    assert "relative 3 s, error 1.0e-7" in figure.alt
    assert [line["kind"].text for line in table.rows] == [
        "an estimate, on the front",
        "another model, biased",
        "exact, on the front",
        "another model",
        "a library, another model",
        "exact",
    ]
    assert table.rows[-1]["ratio"].text.startswith("2.0")
    assert {line["memory"].text for line in table.rows} == {"2 MB"}


def test_libraries_that_give_the_value_alone_are_named(make):
    trades = (trade(make, "relative", 3.0, 1e-7, front=True),)
    value = make.sweep("matfree_slq_1", role="peer", computes="logdets")
    series = make.series(make.sweep("relative"), value, B=100, L=1)
    (note,) = make.texts(rivals.build(make.family(series, rivals=(Front(series.key, 100.0, trades),))))
    assert note.endswith(" `matfree_slq_1` estimate the value and give no gradient: they are not here.")


def test_a_family_without_rivals_has_no_chapter(make):
    assert rivals.build(make.family(make.series(make.sweep("relative")))) is None
