"""Crossovers: asked for where they are possible, told where they are bounded."""

from types import SimpleNamespace

from reports.digest.crossovers import digest_crossovers
from reports.digest.speedups import Speedup
from reports.statistics import Estimate


class Crossings:
    """An analysis that answers every pair alike and counts how often it is asked."""

    def __init__(self, high):
        self.high, self.asked = high, []

    def series(self, _):
        return ("key",)

    def key(self, series):
        return "torch"

    def crossover(self, _, a, b):
        self.asked.append((a, b))
        known = {"estimate": Estimate(50.0, 40.0, self.high), "kind": "bracketed", "bracket": (10.0, 100.0)}
        return SimpleNamespace(**known, winner_above="a", count=1)


def find(make, ratios, high=60.0):
    series = make.series(make.sweep("relative"), make.sweep("inverse"))
    ups = tuple(Speedup("torch", size, "relative", "inverse", make.about(r), "") for size, r in zip(make.SIZES, ratios))
    analysis = Crossings(high)
    return digest_crossovers(analysis, "logdet", (series,), ups), analysis.asked


def test_a_pair_that_changes_sides_crosses(make):
    (crossing,), _ = find(make, (0.5, 0.9, 2.0, 4.0))
    assert (crossing.row, crossing.above, crossing.bracket) == ("relative", "relative", (10.0, 100.0))


def test_a_pair_on_one_side_without_fits_is_not_followed(make):
    assert find(make, (2.0, 2.0, 2.0, 2.0)) == ((), [])


def test_a_crossing_without_an_upper_bound_is_not_told(make):
    found, asked = find(make, (0.5, 0.9, 2.0, 4.0), high=float("inf"))
    assert found == ()
    assert asked
