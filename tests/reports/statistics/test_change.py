"""Changes of level: planted ones are found where they are, and noise alone is told as often as promised."""

import numpy as np
import pytest

from reports.statistics import FEWEST_VALUES, find_changes
from reports.statistics.change import find_step


def make(rng, levels, each=10, noise=0.03):
    """Log ratios around levels, so many values each, now and then a wild one."""
    values = np.repeat(np.asarray(levels, dtype=float), each) + rng.normal(0, noise, each * len(levels))
    return values + rng.exponential(0.2, values.size) * (rng.random(values.size) < 0.05)


def test_a_clean_step_of_eight_is_as_likely_as_two_of_seventy_orders():
    step = find_step([1, 1.1, 0.9, 1.2, 5, 5.1, 4.9, 5.2])
    assert step.at == 4
    assert step.p == pytest.approx(2 / 70, abs=0.002)


def test_of_seven_nothing_is_certain():
    assert find_step([0, 0, 0, 9, 9, 9, 9]).p == 1.0
    assert find_changes([[0.0] * 3 + [9.0] * 4] * 50) == [()] * 50
    assert FEWEST_VALUES == 8
    assert find_changes([]) == []


def test_equal_values_are_no_change():
    assert find_step([1.0] * 20).p > 0.5


def test_steps_are_found_where_they_are_and_nowhere_else():
    rng = np.random.default_rng(0)
    planted = [make(rng, (0, 0.4)), make(rng, (0, 0.5, 0.2), each=16), make(rng, (0, -0.3, -0.9), each=16)]
    quiet = [make(rng, (0, 0)) for _ in range(40)]
    found = find_changes([*planted, *quiet])
    assert [len(places) for places in found[:3]] == [1, 2, 2]
    for places, truth in zip(found, ((10,), (16, 32), (16, 32)), strict=False):
        assert max(abs(place - at) for place, at in zip(places, truth, strict=True)) <= 1
    assert sum(map(len, found[3:])) <= 1


def test_a_clean_step_is_told_to_the_value():
    """The eleven lowest come first, as the ten lowest do: only their values say that the eleventh is after the step."""
    values = [1.0, 1.1, 0.9, 1.05, 0.95, 1.0, 1.1, 0.9, 1.05, 0.95, 2.0, *[2.1, 2.2, 2.05] * 4]
    assert find_step(values).at == 10
    assert find_changes([values]) == [(10,)]


@pytest.mark.long
def test_of_three_levels_the_middle_one_is_not_cut():
    """The rank statistic of a stair with two like steps is as large all along the middle level."""
    rng = np.random.default_rng(3)
    found = find_changes([make(rng, (0, -0.3, -0.9), each=16) for _ in range(100)])
    right = [places for places in found if len(places) == 2 and abs(places[0] - 16) + abs(places[1] - 32) <= 2]
    # Each of the three levels is cut by chance in one of twenty: 0.95^3 of 100 are right, less three deviations.
    assert len(right) >= 75


def test_noise_alone_is_told_in_one_report_of_twenty_at_most():
    rng = np.random.default_rng(1)
    told = sum(any(find_changes([make(rng, (0, 0)) for _ in range(12)])) for _ in range(200))
    # 200 draws of 5 % are above 8.5 % once in sixty.
    assert told / 200 <= 0.085


def test_what_was_told_has_mostly_changed():
    """The share of false ones among those told, where a quarter changed."""
    rng, shares = np.random.default_rng(2), []
    for _ in range(60):
        found = find_changes([make(rng, (0, 0.2 if j < 5 else 0)) for j in range(20)])
        told = [bool(places) for places in found]
        assert sum(told[:5]) >= 3
        shares.append(sum(told[5:]) / max(1, sum(told)))
    assert np.mean(shares) <= 0.06


@pytest.mark.parametrize("bad", [[1.0] * 8 + [float("nan")], [float("inf")] + [1.0] * 8])
def test_refusals(bad):
    with pytest.raises(ValueError, match="values must be finite"):
        find_step(bad)
    with pytest.raises(ValueError, match="values must be finite"):
        find_changes([bad])
