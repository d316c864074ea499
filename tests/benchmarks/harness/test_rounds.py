"""The order of rounds, the interval that ends them, and the reasons for an end."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import quantile_test

from benchmarks.harness import rounds


@given(count=st.integers(1, 9), seed=st.integers(0, 1000))
def test_every_name_has_every_place_once(count, seed):
    names = [f"m{i}" for i in range(count)]
    square = list(itertools.islice(rounds.orders(names, seed), count))
    assert all(sorted(order) == names for order in square)
    for place in range(count):
        assert sorted(order[place] for order in square) == names


@given(count=st.integers(2, 9), seed=st.integers(0, 1000))
def test_every_name_follows_every_other_equally_often(count, seed):
    """Or what one row leaves behind would be in all samples of another."""
    names = [f"m{i}" for i in range(count)]
    squares = 1 if count % 2 == 0 else 2
    taken = list(itertools.islice(rounds.orders(names, seed), squares * count))
    follows = [pair for order in taken for pair in itertools.pairwise(order)]
    assert sorted(follows) == sorted(squares * list(itertools.permutations(names, 2)))


def test_orders_are_seeded():
    def take(seed):
        return list(itertools.islice(rounds.orders(list("abcd"), seed), 12))

    assert take(1) == take(1)
    assert take(1) != take(2)


@pytest.mark.parametrize("n", [6, 7, 10, 25, 60])
def test_half_width_is_the_sign_tests(n):
    rng = np.random.default_rng(n)
    a, b = np.exp(rng.normal(size=(2, n)))
    interval = quantile_test(np.log(a) - np.log(b), p=0.5).confidence_interval(0.95)
    assert rounds.half_width(a, b) == pytest.approx((interval.high - interval.low) / 2)


def test_half_width_needs_six_rounds():
    assert rounds.half_width(np.ones(5), np.ones(5)) == float("inf")


def test_reasons_to_stop():
    stop = rounds.Stop(precision=0.01, deadline=100.0)
    assert stop.reason(6, [float("inf")], now=0.0) is None
    assert stop.reason(7, [0.5, 0.02], now=0.0) is None
    assert stop.reason(8, [0.009, 0.001], now=0.0) == "narrow"
    assert stop.reason(9, [0.5], now=100.0) == "budget"
    patient = rounds.Stop(precision=0.01, deadline=100.0)
    reasons = [patient.reason(i, [0.5], now=0.0) for i in range(6, 6 + rounds.Stop.PATIENCE + 1)]
    assert reasons[:-1] == [None] * rounds.Stop.PATIENCE
    assert reasons[-1] == "stalled"
