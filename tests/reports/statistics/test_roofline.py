"""The roofline: which ceiling binds."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reports.statistics import Ceiling, attainable_seconds

CEILING = Ceiling(flops_per_s=1e11, bytes_per_s=1e10)


@pytest.mark.parametrize(
    ("flops", "bytes_moved", "seconds"),
    [(1e11, 1e9, 1.0), (1e9, 1e10, 1.0), (0, 1e10, 1.0), (1e11, 0, 1.0), (2e11, 1e10, 2.0), (1e11, 3e10, 3.0)],
)
def test_the_slower_of_the_two_binds(flops, bytes_moved, seconds):
    assert attainable_seconds(flops, bytes_moved, CEILING) == seconds


@given(st.floats(1, 1e15), st.floats(1, 1e15), st.floats(1, 100))
@settings(derandomize=True, deadline=None)
def test_a_better_machine_never_needs_longer(flops, bytes_moved, factor):
    better = Ceiling(CEILING.flops_per_s * factor, CEILING.bytes_per_s)
    assert attainable_seconds(flops, bytes_moved, better) <= attainable_seconds(flops, bytes_moved, CEILING)


@pytest.mark.parametrize(("flops", "bytes_moved"), [(0, 0), (-1, 1), (1, float("nan")), (float("inf"), 1)])
def test_refuses_impossible_work(flops, bytes_moved):
    with pytest.raises(ValueError, match="got"):
        attainable_seconds(flops, bytes_moved, CEILING)


@pytest.mark.parametrize("rate", [0, -1, float("nan"), float("inf")])
def test_refuses_impossible_rates(rate):
    with pytest.raises(ValueError, match="bytes_per_s must"):
        Ceiling(1.0, rate)
