"""Candidates of synthetic rows whose truth is known, and which of them is the fastest."""

from tests.reports.finders import series_of


def list_ran(analysis, series, size):
    return [row for row in analysis.candidates(series, size) if (p := analysis.point(series, size, row)) and p.ok]


def test_candidates_are_gradients_only(analysis):
    for series in analysis.series():
        for size in analysis.sizes(series):
            for row in analysis.candidates(series, size):
                fact = analysis.facts(series, row)
                assert fact.role == "method"
                assert fact.computes in ("ordinary", "relative", "transposed")


def test_the_fastest_is_known(analysis):
    series = series_of(analysis, "torch")
    for size, best in ((8, "relative:compiled"), (8192, "relative")):
        others = {row for row in list_ran(analysis, series, size) if row != best}
        assert {analysis.verdict(series, size, best, row) for row in others} == {"faster"}
    assert analysis.verdict(series, 1024, "relative", "relative:compiled") == "same"
