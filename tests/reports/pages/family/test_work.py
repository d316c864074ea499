"""Work: rates and shares come from the formulas and the measured time of the same cell."""

from reports.pages.family import work


def test_share_and_rate(make):
    cells = [make.cell(size, 2.0, attainable_s=0.5, flops=4e9, vjps=3.0, jvps=1.0) for size in make.SIZES]
    evaluated = make.row("relative", *(_with_evaluations(c) for c in cells))
    section = work.build(make.family(make.series(evaluated)))
    (table,) = make.tables(section)
    (line,) = table.rows
    assert (line["rate"].text, line["share"].text, line["products"].text) == ("2 GFLOP/s", "25 %", "≈ 4")
    assert "the roofline" in make.figures(section)[0].svg
    assert "relative 25 % at 10,000" in make.figures(section)[0].alt


def _with_evaluations(cell):
    from dataclasses import replace

    return replace(cell, evaluations=0.0)
