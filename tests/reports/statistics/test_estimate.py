"""Estimates: what they accept and how they read."""

import math

import pytest

from reports.statistics import Estimate


@pytest.mark.parametrize(
    ("estimate", "text"),
    [
        (Estimate(1.03124, 1.0204, 1.0418), "1.031 [1.020, 1.042]"),
        (Estimate(12345, 11000, 13000), "12300 [11000, 13000]"),
        (Estimate(1.234e-5, 1.1e-5, 1.4e-5), "1.23e-05 [1.10e-05, 1.40e-05]"),
        (Estimate(2.0, 2.0, 2.0), "2.00 [2.00, 2.00]"),
        (Estimate(0.0, -0.1, 0.1), "0.00 [-0.10, 0.10]"),
        (Estimate(250.0, 200.0, math.inf), "250 [200, inf]"),
        (Estimate(1.5, math.nan, math.nan), "1.5 [undetermined]"),
        (Estimate(math.nan, math.nan, math.nan), "undetermined"),
    ],
)
def test_reads_with_the_digits_the_interval_justifies(estimate, text):
    assert str(estimate) == text


@pytest.mark.parametrize("bounds", [(1.1, 1.2), (0.8, 0.9), (math.nan, 1.2), (0.8, math.nan)])
def test_refuses_an_interval_without_its_value(bounds):
    with pytest.raises(ValueError, match="low <= value <= high"):
        Estimate(1.0, *bounds)
