"""The A/A noise floor: right for many twins, cautious for few, calm about one wild twin."""

import math

import numpy as np
import pytest

from reports.statistics import choose_margin, noise_floor


def test_is_what_95_percent_of_twins_stay_below():
    rng = np.random.default_rng(1)
    floor = noise_floor(np.exp(rng.normal(0, 0.03, 2000)))
    assert floor == pytest.approx(math.expm1(1.96 * 0.03), rel=0.1)


@pytest.mark.parametrize("count", [1, 3, 8, 20, 60])
def test_the_next_twin_seldom_exceeds_it(count):
    rng = np.random.default_rng(count)
    floors = np.array([noise_floor(np.exp(rng.normal(0, 0.015, count))) for _ in range(400)])
    exceeded = np.abs(rng.normal(0, 0.015, 400)) > np.log1p(floors)
    assert exceeded.mean() < 0.09
    assert np.median(floors) < 0.06


def test_lucky_twins_do_not_make_a_perfect_machine():
    assert 0.02 < noise_floor([1.0]) < 0.05
    assert noise_floor([1.0, 1.0, 1.0]) < noise_floor([1.0])


def test_noisy_twins_raise_the_margin():
    rng = np.random.default_rng(2)
    assert choose_margin(noise_floor(np.exp(rng.normal(0, 0.06, 10)))) > 0.08


@pytest.mark.parametrize("count", [5, 20, 21, 40])
def test_one_wild_twin_does_not_decide(count):
    calm = np.exp(np.random.default_rng(3).normal(0, 0.01, count))
    assert noise_floor([*calm[:-1], 1.6]) < 0.07


def test_is_blind_to_the_order_of_a_pair():
    twins = np.exp(np.random.default_rng(4).normal(0, 0.02, 9))
    assert noise_floor(twins) == pytest.approx(noise_floor(1 / twins))


@pytest.mark.parametrize("twins", [[], [float("nan")], [-1.0], [0.0]])
def test_refuses_what_is_no_ratio(twins):
    with pytest.raises(ValueError, match="twins must"):
        noise_floor(twins)
