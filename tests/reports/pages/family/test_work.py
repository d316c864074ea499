"""Work: rates and shares come from the formulas and the measured time of the same cell."""

from reports.pages.family import work


def test_share_and_rate(make):
    known = {"attainable_s": 0.5, "flops": 4e9, "vjps": 3.0, "jvps": 1.0, "evaluations": 0.0}
    row = make.row("relative", *(make.cell(size, 2.0, **known) for size in make.SIZES))
    section = work.build(make.family(make.series(row)))
    (table,) = make.tables(section)
    (line,) = table.rows
    assert (line["rate"].text, line["share"].text, line["products"].text) == ("2 GFLOP/s", "25 %", "≈ 4")
    assert "the roofline" in make.figures(section)[0].svg
    assert "relative 25 % at 10,000" in make.figures(section)[0].alt
