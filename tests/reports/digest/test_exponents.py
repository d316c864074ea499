"""Exponents: those alone whose interval is narrower than one power."""

from types import SimpleNamespace

from reports.digest.exponents import digest_exponents
from reports.statistics import Estimate


class Fits:
    """An analysis that knows these fits only."""

    def __init__(self, **fits):
        self.fits = fits

    def series(self, _):
        return ("key",)

    def key(self, series):
        return "torch"

    def exponent(self, _, row):
        estimate = self.fits.get(row)
        known = {"floor_s": 1e-5, "sizes": 4, "size_range": (10.0, 10000.0)}
        return SimpleNamespace(estimate=estimate, **known) if estimate else None


def test_only_what_is_known_is_told(make):
    nan = float("nan")
    fits = {
        "relative": Estimate(2.05, 2.0, 2.1),
        "inverse": Estimate(2.4, 2.3, 2.6),
        "slogdet": Estimate(2.5, 1.9, 3.1),
        "transposed": Estimate(2.0, nan, nan),
        "other": Estimate(2.0, 1.9, 2.1),
    }
    series = make.series(*(make.sweep(row) for row in (*fits, "never")))
    found = {g.row: (g.predicted, g.verdict) for g in digest_exponents(Fits(**fits), "logdet", (series,))}
    assert found == {"relative": (2.0, "consistent"), "inverse": (3.0, "inconsistent"), "other": (None, "–")}
