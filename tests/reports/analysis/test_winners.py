"""The fastest of synthetic rows whose truth is known."""


def series_of(analysis, backend, device="cpu"):
    return next(s for s in analysis.series() if (s.place.backend, s.place.device) == (backend, device))


def test_winners_are_gradients_only(analysis):
    for series in analysis.series():
        for size in analysis.sizes(series):
            winner = analysis.winner(series, size, analysis.gradient_rows(series))
            for row in winner.rows:
                fact = analysis.facts(series, row)
                assert fact.role == "method"
                assert fact.computes in ("ordinary", "relative", "transposed")


def test_known_winners(analysis):
    series = series_of(analysis, "torch")
    rows = analysis.gradient_rows(series)
    assert analysis.winner(series, 8, rows).rows == ("relative:compiled",)
    assert analysis.winner(series, 8192, rows).rows == ("relative",)
    tie = analysis.winner(series, 1024, rows)
    assert tie.state == "tie"
    assert set(tie.rows) == {"relative", "relative:compiled"}
