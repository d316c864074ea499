"""Machine states from noisy readings."""

import itertools

import numpy as np
import pytest

from reports.statistics import APART, find_levels, group_levels


def readings(rng, levels, noise=0.02):
    return np.asarray(levels)[:, None] + rng.normal(0, noise, (len(levels), 3)) + [3.0, 20.0, -9.0]


def test_a_faster_machine_is_a_state_of_its_own():
    truth = [0.0] * 12 + [np.log(2.5)] * 6
    states = group_levels(find_levels(readings(np.random.default_rng(0), truth)))
    assert states.tolist() == [0] * 12 + [1] * 6


def test_one_instrument_alone_makes_no_state():
    table = readings(np.random.default_rng(1), [0.0] * 20)
    table[::3, 2] -= np.log(1.7)
    table[7] -= np.log(2.0)  # one disturbed session among twenty
    table[11, 0] = np.nan
    assert set(group_levels(find_levels(table))) == {0}


def test_instruments_that_jump_do_not_outvote_a_steady_one():
    """As on a real machine: copies at 44 or 75 GB/s within one state, a canary that depends on what ran beside it."""
    rng = np.random.default_rng(3)
    table = readings(rng, [0.0] * 60)
    table[:, 1] += np.log(75 / 44) * (rng.random(60) < 0.5)
    table[30:, 2] += 0.27  # another family's rows
    table[:, 2] += rng.normal(0, 0.1, 60)
    assert set(group_levels(find_levels(table))) == {0}
    table[40:] -= np.log(2.0)
    assert group_levels(find_levels(table)).tolist() == [0] * 40 + [1] * 20


def test_a_level_that_wanders_within_the_factor_is_one_state():
    """Levels from -0.10 to 0.08 of one machine: the factor is what tells two states apart, not the range of noise."""
    wave = 0.1 * np.sin(np.linspace(0, 9, 120))
    assert set(group_levels(find_levels(readings(np.random.default_rng(5), wave)))) == {0}


@pytest.mark.parametrize("known", [(0,), (1,), (0, 2), (0, 1, 2)])
def test_what_is_known_decides(known):
    table = np.full((20, 3), np.nan)
    truth = np.array([0.0] * 12 + [0.5] * 8)
    table[:, known] = readings(np.random.default_rng(4), truth)[:, known]
    levels = find_levels(table)
    assert np.ptp(levels[:10]) < 0.1
    assert np.median(levels[14:]) - np.median(levels[:10]) == pytest.approx(0.5, abs=0.05)


def test_within_a_state_no_two_differ_by_more_than_the_factor():
    levels = np.random.default_rng(2).normal(0, 0.3, 200)
    states = group_levels(levels)
    for state in range(states.max() + 1):
        assert np.ptp(levels[states == state]) <= np.log(APART) + 1e-9
    sizes = [int((states == state).sum()) for state in range(states.max() + 1)]
    assert all(a >= b for a, b in itertools.pairwise(sizes))


def test_unknown_levels_and_refusals():
    assert group_levels([np.nan, 0.0]).tolist() == [-1, 0]
    assert group_levels(find_levels(np.empty((0, 3)))).size == 0
    with pytest.raises(ValueError, match="two dimensions"):
        find_levels([1.0])
