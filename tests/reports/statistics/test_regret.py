"""Regret bounds: simultaneous over the candidates, on simulated cells whose fastest method is known."""

import math

import numpy as np
import pytest

from reports.statistics import (
    Estimate,
    Spread,
    bound_ratio,
    bound_regrets,
    fit_spread,
    processes_needed,
    split_confidence,
)
from reports.statistics.process import reach_mean


def slow(*given):
    return pytest.param(*given, marks=pytest.mark.slow)


def simulate(rng, truth, processes, sigma, rounds=12, noise=0.03):
    """Seconds (processes, rounds, rows): each row's own luck in a process, and noise of a round."""
    luck = rng.normal(0, sigma, (processes, 1, len(truth)))
    shared = rng.normal(0, 0.05, (processes, rounds, 1))
    return np.exp(np.log(truth) + luck + shared + rng.normal(0, noise, (processes, rounds, len(truth))))


def lend_spread(rng, sigma):
    """The spread of ratios that other cells with three processes show."""
    cells = (simulate(rng, np.ones(4), 3, sigma(rng)) for _ in range(60))
    return fit_spread(np.median(np.log(cell[..., 0] / cell[..., j]), axis=1) for cell in cells for j in (1, 2, 3))


def bound(cell, spread):
    """Bounds of all rows of a cell."""
    rows = tuple(str(j) for j in range(cell.shape[-1]))
    confidence = split_confidence(len(rows))

    def ratio(a, b):
        return bound_ratio([np.log(process[:, int(a)] / process[:, int(b)]) for process in cell], spread, confidence)

    return np.array(list(bound_regrets(rows, ratio).values()))


@pytest.mark.parametrize(
    "sigma", [lambda rng: 0.02, lambda rng: 0.02 * math.sqrt(3 / rng.chisquare(3))], ids=["even", "heavy"]
)
@pytest.mark.parametrize("apart", [0.0, 0.02], ids=["equal", "near"])
@pytest.mark.parametrize(("count", "processes"), [slow(2, 1), (5, 1), slow(5, 3), slow(12, 2)])
def test_the_chosen_one_loses_more_than_its_bound_in_one_of_twenty_at_most(count, processes, apart, sigma):
    rng = np.random.default_rng(count + processes)
    spread, draws = lend_spread(rng, sigma), 300
    truth = 1e-3 * np.exp(apart * np.arange(count))
    chosen, any_row = 0, 0
    for _ in range(draws):
        bounds = bound(simulate(rng, truth, processes, sigma(rng)), spread)
        regrets = truth / truth.min() - 1
        pick = int(np.argmin(bounds))
        chosen += regrets[pick] > bounds[pick]
        any_row += bool((regrets > bounds).any())
    # 300 draws of 5 % are above 7.5 % once in thirty.
    assert chosen / draws <= 0.05
    assert any_row / draws <= 0.075


def test_bounds_narrow_where_a_method_is_clearly_the_fastest():
    rng = np.random.default_rng(7)
    spread = lend_spread(rng, lambda rng: 0.02)
    bounds = bound(simulate(rng, 1e-3 * np.array([1.0, 2.0, 4.0]), 3, 0.02), spread)
    assert bounds[0] == 0
    assert bounds[1] == pytest.approx(1.0, abs=0.3)
    assert bounds[2] == pytest.approx(3.0, abs=0.6)


def test_ties_lose_little():
    rng = np.random.default_rng(8)
    spread = lend_spread(rng, lambda rng: 0.01)
    assert 0 < bound(simulate(rng, 1e-3 * np.ones(4), 3, 0.01), spread).min() < 0.06


def test_confidence_is_split_over_the_comparisons_with_the_fastest():
    assert split_confidence(2) == pytest.approx(0.90)
    assert split_confidence(6) == pytest.approx(0.98)
    with pytest.raises(ValueError, match="two candidates, got 1"):
        split_confidence(1)


def test_what_was_not_compared_is_not_known():
    known = {("a", "b"): Estimate(1.1, 1.0, 1.2), ("b", "a"): Estimate(0.9, 0.8, 1.0)}
    assert bound_regrets(("b", "a"), lambda a, b: known[a, b]) == {"a": pytest.approx(0.2), "b": 0.0}
    assert math.isnan(bound_regrets(("a", "b", "c"), lambda a, b: known.get((a, b)))["a"])
    assert bound_regrets(("a",), lambda a, b: None) == {"a": 0.0}
    assert bound_regrets((), lambda a, b: None) == {}
    assert bound_ratio([np.zeros(9)], None, 0.95).undetermined


def test_what_is_shown_to_be_slower_is_no_rival():
    asked = []

    def ratio(a, b):
        asked.append((a, b))
        value = {"x": 1.0, "y": 1.05, "z": 3.0}[a] / {"x": 1.0, "y": 1.05, "z": 3.0}[b]
        return Estimate(value, value / 1.2, value * 1.2)

    bounds = bound_regrets(("x", "y", "z"), ratio)
    assert bounds == {"x": pytest.approx(1.2 / 1.05 - 1), "y": pytest.approx(0.26), "z": pytest.approx(2.6)}
    assert all(b != "z" for _, b in asked)


def test_what_is_shown_to_be_slower_loses_more_than_what_is_faster():
    """Whatever a noisy rival does to the faster row's bound."""
    known = {
        ("y", "x"): Estimate(1.4, 1.2, 1.7),
        ("x", "z"): Estimate(0.9, 0.4, 1.9),
        ("z", "x"): Estimate(1.1, 0.5, 2.5),
    }
    known |= {("y", "z"): Estimate(1.2, 0.9, 1.6), ("z", "y"): Estimate(0.8, 0.6, 1.1)}
    bounds = bound_regrets(("x", "z", "y"), lambda a, b: known[a, b])
    assert bounds["x"] == pytest.approx(0.9)
    assert bounds["y"] == pytest.approx(1.9 * 1.2 - 1)
    assert min(bounds, key=lambda row: bounds[row]) == "x"
    # Where nothing is known of the faster, the slower keeps its own.
    del known["x", "z"]
    bounds = bound_regrets(("x", "z", "y"), lambda a, b: known.get((a, b)))
    assert math.isnan(bounds["x"])
    assert bounds["y"] == pytest.approx(0.7)


def test_more_processes_until_the_bound_is_within_the_limit():
    rng = np.random.default_rng(9)
    spread = lend_spread(rng, lambda rng: 0.1)
    cell = simulate(rng, 1e-3 * np.ones(2), 1, 0.0, noise=0.001)
    logs = [np.log(process[:, 0] / process[:, 1]) for process in cell]
    counts = [processes_needed(logs, spread, 0.98, limit) for limit in (0.6, 0.25, 0.1)]
    assert counts == sorted(counts)
    assert 1 < counts[1] < counts[2]
    assert processes_needed(logs, spread, 0.98, 0.001) is None


@pytest.mark.parametrize("value", np.linspace(-0.1, 0.1, 21))
def test_rounds_that_widen_no_bound_ask_for_no_process(value):
    """Whatever the last digits of a bound are: that of the processes narrows faster than the root of their number."""
    spread, medians = Spread(variance=0.01, freedom=3.0, groups=9), np.array([value])
    room = math.log1p(0.25) - value
    enough = next(n for n in range(1, 30) if reach_mean(medians, spread, 0.98, count=n) <= room)
    assert processes_needed([np.full(12, value)], spread, 0.98, 0.25) == enough
