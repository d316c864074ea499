"""Accuracy: a front where there is a choice, the largest error of each row where there is none."""

import math

from reports.digest.fronts import Front, Trade
from reports.pages.family import accuracy


def trade(make, row, seconds, error, front, role="method", cosine=math.nan):
    return Trade(row, role, False, make.about(seconds), error, 5.0, True, cosine, cosine, math.nan, front)


def test_the_front_is_drawn_and_told(make):
    series = make.series(*(make.sweep(name) for name in ("jfb", "neumann_5", "cg", "slow")))
    trades = (
        trade(make, "jfb", 1.0, 0.5, True, cosine=-0.2),
        trade(make, "neumann_5", 2.0, 0.1, True, cosine=0.9),
        trade(make, "slow", 3.0, 0.4, False),
        trade(make, "cg", 4.0, 1e-7, True, cosine=1.0),
    )
    family = make.family(series, name="implicit", fronts=(Front(series.key, 100.0, trades),))
    section = accuracy.build(family)
    (figure,), (table,) = make.figures(section), make.tables(section)
    assert "jfb 5.0e-1; neumann_5 1.0e-1; cg 1.0e-7" in figure.alt
    assert [line["row"].text for line in table.rows] == ["jfb", "neumann_5", "cg"]
    # A direction that ascends is seen; what nobody recorded has no column.
    assert table.rows[0]["cosine"].tone == "bad"
    assert "residual" not in {column.key for column in table.columns}


def test_the_worst_error_of_each_row_and_wrong_results(make):
    cells = make.cell(10, error=1e-7), make.cell(100, error=3e-6), make.cell(1000, None, outcome="wrong", reason="far")
    series = make.series(make.row("relative", *cells), make.sweep("inverse"))
    section = accuracy.build(make.family(series))
    (table,) = make.tables(section)
    cell = table.rows[0][series.key]
    assert (cell.text, cell.note) == ("3.0e-6", "D = 100, reference")
    assert any("`relative` at 1,000, far" in getattr(block, "text", "") for block in section.blocks)
    assert make.figures(section) == []


def test_a_family_with_estimates_is_not_called_exact(make):
    series = make.series(make.sweep("relative"))
    notes = []
    for rivals in ((), (Front(series.key, 100.0, (trade(make, "relative", 1.0, 1e-7, True),)),)):
        (note, *_) = accuracy.build(make.family(series, rivals=rivals)).blocks
        notes.append(note.text)
    assert "is exact" in notes[0]
    assert "is exact" not in notes[1]
    assert "a chapter of their own" in notes[1]
