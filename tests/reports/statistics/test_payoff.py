"""Break-even calls and their interval."""

import math

import numpy as np
import pytest

from reports.statistics import Estimate, estimate_payoff

SECONDS, RATIO = Estimate(0.01, 0.009, 0.011), Estimate(2.0, 1.9, 2.1)


def test_value_is_set_up_over_saving():
    found = estimate_payoff([4.0, 9.0], SECONDS, RATIO)
    assert found.value == pytest.approx(6.0 / (0.01 * 1.0))
    assert found.low < found.value < found.high
    assert found.n == 2


def test_one_cold_time_or_no_interval_of_a_call_gives_no_interval():
    unknown = Estimate(0.01, math.nan, math.nan)
    for found in (
        estimate_payoff([2.0], SECONDS, RATIO),
        estimate_payoff([2.0, 2.1], unknown, RATIO),
        estimate_payoff([2.0, 2.1], SECONDS, Estimate(2.0, math.nan, math.nan)),
    ):
        assert found.undetermined
        assert found.value == pytest.approx(200, rel=0.05)


def test_equal_cold_times_leave_the_interval_of_the_saving():
    exact = Estimate(0.01, 0.01, 0.01)
    found = estimate_payoff([3.0, 3.0, 3.0], exact, RATIO)
    assert (found.low, found.high) == (pytest.approx(300 / 1.1), pytest.approx(300 / 0.9))
    assert math.isinf(estimate_payoff([3.0, 3.0], exact, Estimate(1.2, 1.0, 1.4)).high)


def test_interval_holds_another_process():
    """Set-ups that vary by 10 %, a saving known to within its interval: 95 % of other processes are inside."""
    rng, held = np.random.default_rng(0), 0
    for _ in range(1000):
        setups = 2.0 * np.exp(rng.normal(0, 0.1, 4))
        shift, tilt = np.exp(rng.normal(0, 0.02, 2))
        seconds = Estimate(0.01 * shift, 0.01 * shift * math.exp(-0.0392), 0.01 * shift * math.exp(0.0392))
        ratio = Estimate(1 + tilt, 1 + tilt * math.exp(-0.0392), 1 + tilt * math.exp(0.0392))
        found = estimate_payoff(setups[:3], seconds, ratio)
        held += found.low <= setups[3] / 0.01 <= found.high
    assert 930 <= held <= 990


def test_refusals():
    with pytest.raises(ValueError, match="a slower call never pays"):
        estimate_payoff([1.0], SECONDS, Estimate(1.0, 0.9, 1.1))
    with pytest.raises(ValueError, match="setups"):
        estimate_payoff([], SECONDS, RATIO)
    with pytest.raises(ValueError, match="positive"):
        estimate_payoff([0.0], SECONDS, RATIO)
