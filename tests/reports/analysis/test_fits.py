"""Curves of synthetic results whose truth is known."""

import pytest

from tests.reports.finders import series_of


def test_exponents_are_found(analysis):
    series = series_of(analysis, "torch")
    assert analysis.exponent(series, "relative").estimate.value == pytest.approx(2, abs=0.02)
    assert analysis.exponent(series, "slogdet").estimate.value == pytest.approx(3, abs=0.02)


def test_frontiers_and_limits(analysis):
    torch, jax, cuda = (series_of(analysis, *place) for place in (("torch", "cpu"), ("jax", "cpu"), ("torch", "cuda")))
    for series, last, first, limit in (
        (torch, 256, 512, "memory"),
        (jax, 256, 512, "time"),
        (cuda, 1024, 2048, "memory"),
    ):
        frontier = analysis.frontier(series, "jacobian_autodiff")
        assert (frontier.largest_ok, frontier.smallest_failed) == (last, first)
        assert analysis.first_failure(series, "jacobian_autodiff").limit == limit
    # A wrong result at one size is no frontier.
    assert analysis.frontier(jax, "transposed").smallest_failed is None
