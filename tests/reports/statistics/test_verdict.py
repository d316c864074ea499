"""Verdicts: their borders, their symmetry, and how often they are wrong or missing."""

import math

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from reports.statistics import Estimate, choose_margin, judge, paired_ratio

TRIALS = 200


def _judge_many(simulate, ratio, processes, rounds, seed):
    rng = np.random.default_rng(seed)
    return [judge(paired_ratio(simulate(rng, ratio, processes, rounds))) for _ in range(TRIALS)]


@pytest.mark.parametrize(("processes", "rounds"), [(3, 15), (5, 15), (1, 30)])
def test_the_same_kernel_is_told_apart_in_at_most_5_percent(simulate_sessions, processes, rounds):
    words = _judge_many(simulate_sessions, 1.0, processes, rounds, seed=21)
    assert words.count("faster") + words.count("slower") <= 0.05 * TRIALS
    assert words.count("same") >= 0.8 * TRIALS  # not by never saying anything


@pytest.mark.parametrize(("processes", "rounds"), [(3, 15), (5, 15), (1, 30)])
@pytest.mark.parametrize(("ratio", "word"), [(1.1, "slower"), (1 / 1.1, "faster")])
def test_a_planted_10_percent_is_found_in_95_percent(simulate_sessions, processes, rounds, ratio, word):
    words = _judge_many(simulate_sessions, ratio, processes, rounds, seed=22)
    assert words.count(word) >= 0.95 * TRIALS
    assert words.count("same") == 0


@pytest.mark.parametrize(
    ("low", "value", "high", "word"),
    [
        (0.80, 0.85, 0.90, "faster"),
        (0.90, 0.93, 0.952, "faster"),
        (0.90, 0.94, 0.953, "undetermined"),
        (0.96, 1.00, 1.04, "same"),
        (1.02, 1.03, 1.04, "same"),
        (0.96, 1.00, 1.06, "undetermined"),
        (1.04, 1.08, 1.12, "undetermined"),
        (1.06, 1.08, 1.12, "slower"),
        (0.50, 1.00, 2.00, "undetermined"),
    ],
)
def test_borders(low, value, high, word):
    assert judge(Estimate(value, low, high, n=30)) == word


def test_a_larger_noise_floor_takes_verdicts_back():
    ratio = Estimate(1.08, 1.06, 1.10, n=30)
    assert judge(ratio, choose_margin(0.01)) == "slower"
    assert judge(ratio, choose_margin(0.07)) == "undetermined"
    assert judge(ratio, choose_margin(0.15)) == "same"
    assert choose_margin() == choose_margin(0.0) == 0.05


def test_too_few_rounds_and_not_run():
    assert judge(paired_ratio([([1.0, 1.0], [2.0, 2.0])])) == "undetermined"
    assert judge(None) == "not-run"


@given(st.floats(0.2, 5.0), st.floats(1.0, 2.0), st.floats(1.0, 2.0), st.floats(0.01, 0.5))
@settings(derandomize=True, deadline=None, max_examples=200)
def test_exchanging_the_methods_exchanges_the_verdict(value, down, up, margin):
    edges = np.array([-math.log1p(margin), math.log1p(margin)])
    bounds = np.log([value / down, value * up])
    assume(np.abs(bounds[:, None] - edges).min() > 1e-9)  # on a border rounding decides
    there = judge(Estimate(value, value / down, value * up, n=20), margin)
    back = judge(Estimate(1 / value, 1 / (value * up), down / value, n=20), margin)
    assert back == {"faster": "slower", "slower": "faster"}.get(there, there)


@pytest.mark.parametrize("margin", [0.0, -0.1, float("nan"), float("inf"), "wide"])
def test_refuses_a_margin_that_is_none(margin):
    with pytest.raises(ValueError, match="margin must"):
        judge(Estimate(1.0, 1.0, 1.0), margin)


def test_refuses_a_negative_floor_and_a_negative_ratio():
    with pytest.raises(ValueError, match="floor must"):
        choose_margin(-0.1)
    with pytest.raises(ValueError, match="ratio of times must be positive"):
        judge(Estimate(0.5, -0.1, 0.6))
