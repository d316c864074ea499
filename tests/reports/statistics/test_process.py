"""The spread between processes: intervals that hold another process, simulated and on what was published."""

import math

import numpy as np
import pytest

from reports.statistics import Spread, cover_processes, estimate_process, fit_spread
from reports.statistics._quantile import student_arm
from reports.statistics.process import reach_mean, reach_process


def simulate(rng, cells, rows, processes, freedom=None):
    """Log medians whose spread differs from cell to cell (heavy tails) or is 5 % everywhere."""
    found = []
    for _ in range(cells):
        sigma = 0.05 * (math.sqrt(freedom / rng.chisquare(freedom)) if freedom else 1)
        found.append([rng.normal(rng.uniform(-9, 0), sigma, processes) for _ in range(rows)])
    return found


@pytest.mark.parametrize("freedom", [None, 3])
@pytest.mark.parametrize("processes", [2, 3])
def test_intervals_hold_another_process(freedom, processes):
    found = cover_processes(simulate(np.random.default_rng(0), 60, 5, processes, freedom))
    assert found.total == 60 * 5 * processes
    assert 0.90 <= found.share <= 0.99


def test_one_process_leans_on_its_neighbours():
    rng = np.random.default_rng(1)
    spread = fit_spread(row for rows in simulate(rng, 40, 5, 3) for row in rows)
    held = 0
    for _ in range(500):
        estimate = estimate_process([np.exp(rng.normal(0, 0.05))], spread)
        assert estimate.basis == "neighbours"
        held += estimate.low <= math.exp(rng.normal(0, 0.05)) <= estimate.high
    assert 0.90 <= held / 500 <= 0.99
    assert estimate_process([[1.0], [1.1]], spread).basis == "own processes"


def test_what_cannot_be_known_has_no_interval():
    assert fit_spread([[0.0, 0.1]] * 7 + [[1.0]] * 50) is None
    estimate = estimate_process([1.0, 1.1, 0.9, 1.0, 1.0, 1.2, 1.0], None)
    assert estimate.undetermined
    assert estimate.basis == ""


def test_equal_processes_are_told_apart_from_none():
    spread = fit_spread([[0.0, 0.0]] * 10)
    estimate = estimate_process([[2.0], [2.0]], spread)
    assert estimate.low < 2.0 < estimate.high < 2.01


@pytest.mark.parametrize("confidence", [0.8, 0.99])
def test_other_confidences_hold_what_they_say(confidence):
    rng = np.random.default_rng(2)
    spread = fit_spread(row for rows in simulate(rng, 400, 5, 3, freedom=2) for row in rows)
    fresh = [row for rows in simulate(rng, 400, 5, 3, freedom=2) for row in rows]
    for known in (1, 2):
        held = [abs(row[2] - row[:known].mean()) <= reach_process(row[:known], spread, confidence) for row in fresh]
        assert np.mean(held) == pytest.approx(confidence, abs=0.03)


def test_wide_intervals_do_not_outrun_what_was_seen():
    # Cells are calm or wild: in variance a heavy tail, in distance one that ends.
    rng = np.random.default_rng(3)
    spread = fit_spread(rng.normal(0, 0.1 if k % 5 == 0 else 0.005, 3) for k in range(500))
    usual, rare = (reach_process(np.zeros(1), spread, confidence) for confidence in (0.95, 0.99))
    assert usual < rare < 3 * usual
    assert student_arm(0.99, spread.freedom) > 3 * student_arm(0.95, spread.freedom)
    few = fit_spread(simulate(np.random.default_rng(3), 1, 10, 3)[0])
    assert reach_process(np.zeros(1), few, 0.999) > 1.5 * reach_process(np.zeros(1), few, 0.95)


def test_the_mean_is_known_better_than_another_process_and_better_from_more():
    rng = np.random.default_rng(4)
    spread = fit_spread(row for rows in simulate(rng, 40, 5, 3) for row in rows)
    medians = rng.normal(0, 0.05, 3)
    assert reach_mean(medians, spread) == pytest.approx(reach_process(medians, spread) / 2)
    arms = [reach_mean(medians, spread, count=count) for count in (3, 6, 12)]
    assert arms[0] > arms[1] > arms[2]
    assert arms[1] / arms[2] == pytest.approx(math.sqrt(2), rel=0.1)


@pytest.mark.parametrize("apart", [0.0, 0.005, 0.2])
def test_more_processes_are_expected_to_be_as_far_apart_as_is_known(apart):
    """The prior is in what is known: it draws nothing towards itself once more."""
    spread = Spread(variance=0.01, freedom=4.0, groups=9)
    medians = apart * np.array([-1.0, 0.0, 1.0])
    today = reach_mean(medians, spread)
    assert reach_mean(medians, spread, count=3) == pytest.approx(today)
    fewer = student_arm(0.95, 4 + 11) / student_arm(0.95, 4 + 2) * math.sqrt(3 / 12)
    assert reach_mean(medians, spread, count=12) == pytest.approx(today * fewer)
