"""The roofline: which ceiling binds, and how near a method comes."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reports.statistics import Ceiling, attainable_seconds, name_bound, share_of_ceiling

CEILING = Ceiling(flops_per_s=1e11, bytes_per_s=1e10)


@pytest.mark.parametrize(
    ("flops", "bytes_moved", "seconds", "bound"),
    [
        (1e11, 1e9, 1.0, "arithmetic"),
        (1e9, 1e10, 1.0, "memory"),
        (0, 1e10, 1.0, "memory"),
        (1e11, 0, 1.0, "arithmetic"),
    ],
)
def test_the_slower_of_the_two_binds(flops, bytes_moved, seconds, bound):
    assert attainable_seconds(flops, bytes_moved, CEILING) == seconds
    assert name_bound(flops, bytes_moved, CEILING) == bound
    assert share_of_ceiling(4.0, flops, bytes_moved, CEILING) == 0.25


def test_bounds_change_at_the_balance():
    assert CEILING.balance == 10.0
    assert name_bound(10.1e6, 1e6, CEILING) == "arithmetic"
    assert name_bound(9.9e6, 1e6, CEILING) == "memory"


def test_a_share_above_one_is_shown():
    assert share_of_ceiling(0.5, 1e11, 0, CEILING) == 2.0


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
def test_refuses_impossible_rates_and_times(rate):
    with pytest.raises(ValueError, match="bytes_per_s must"):
        Ceiling(1.0, rate)
    with pytest.raises(ValueError, match="elapsed_s must"):
        share_of_ceiling(rate, 1, 1, CEILING)
