"""Exponents: those that are known, predicted beside fitted."""

from reports.digest.exponents import Growth
from reports.pages.family import exponents


def show(make, floor):
    """The one line of the table where an exponent is known over this floor."""
    series = make.series(make.sweep("relative"))
    growth = Growth(series.key, "relative", 2.0, make.about(2.02), floor, 4, 10.0, 10000.0, "consistent")
    (table,) = make.tables(exponents.build(make.family(series, exponents=(growth,))))
    (line,) = table.rows
    return line


def test_predicted_stands_beside_fitted(make):
    line = show(make, 3e-5)
    assert (line["predicted"].text, line["fitted"].text) == ("2", "2.020 [2.000, 2.040]")
    assert line["verdict"].tone == "good"
    assert line["range"].text == "10 to 10,000, 4 sizes"


def test_a_floor_that_no_call_has_is_not_told(make):
    assert show(make, 4.5e-9)["floor"].text == "none seen"


def test_none_is_known_none_is_told(make):
    assert exponents.build(make.family(make.series(make.sweep("relative")))) is None
