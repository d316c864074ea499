"""Crossovers: recovered with an interval, absent where there is none, marked where extrapolated."""

import math

import numpy as np
import pytest

from reports.statistics import find_crossover, fit_exponents, fit_spread

SIZES = np.geomspace(32, 4096, 8)
TRUE = 500.0


def _simulate(simulate_sessions, rng, sizes=SIZES, true=TRUE, slope=1.0, processes=3):
    return [simulate_sessions(rng, (d / true) ** slope, processes, 12) for d in sizes]


@pytest.mark.parametrize(("slope", "winner"), [(1.0, "b"), (-1.0, "a"), (0.3, "b")])
def test_recovers_the_size_and_the_winner(simulate_sessions, slope, winner):
    rng = np.random.default_rng(41)
    found = [find_crossover(SIZES, _simulate(simulate_sessions, rng, slope=slope)) for _ in range(40)]
    assert {(c.kind, c.winner_above, c.count) for c in found} == {("bracketed", winner, 1)}
    assert np.median([c.estimate.value for c in found]) == pytest.approx(TRUE, rel=0.02)
    assert np.mean([c.estimate.low <= TRUE <= c.estimate.high for c in found]) >= 0.9
    assert np.median([c.estimate.high / c.estimate.low for c in found]) < 1.5
    assert all(c.bracket[0] <= c.estimate.low * (1 + 1e-9) for c in found)
    assert all(c.estimate.high <= c.bracket[1] * (1 + 1e-9) for c in found)


def test_an_undecided_size_at_the_crossing_lies_in_the_bracket(simulate_sessions):
    crossover = find_crossover(SIZES, _simulate(simulate_sessions, np.random.default_rng(42), true=SIZES[4]))
    assert crossover.kind == "bracketed"
    assert crossover.bracket == pytest.approx((SIZES[3], SIZES[5]))
    assert crossover.estimate.low <= SIZES[4] <= crossover.estimate.high


def test_none_where_one_method_always_wins(simulate_sessions):
    assert find_crossover(SIZES, _simulate(simulate_sessions, np.random.default_rng(43), true=1e5)) is None


def test_none_where_the_methods_are_the_same(simulate_sessions):
    rng = np.random.default_rng(44)
    found = [find_crossover(SIZES[:3], _simulate(simulate_sessions, rng, SIZES[:3], slope=0.0)) for _ in range(60)]
    assert found.count(None) >= 57


def test_none_below_six_rounds():
    two = [([1.0, 1.0], [2.0, 2.0])]
    assert find_crossover([1, 2], [two, [(b, a) for a, b in two]]) is None


def test_of_several_the_one_at_the_largest_size(simulate_sessions):
    rng = np.random.default_rng(45)
    ratios = [0.5, 2.0, 2.0, 0.5, 0.5, 2.0]
    crossover = find_crossover([1, 2, 4, 8, 16, 32], [simulate_sessions(rng, r, 1, 12) for r in ratios])
    assert (crossover.count, crossover.bracket, crossover.winner_above) == (3, (16.0, 32.0), "b")


def test_sharp_data_give_a_sharp_crossing():
    below, above = (np.full(8, 0.5), np.ones(8)), (np.full(8, 2.0), np.ones(8))
    crossover = find_crossover([100, 400], [[below], [above]])
    assert crossover.estimate.value == pytest.approx(200.0)
    assert crossover.estimate.high == pytest.approx(200.0)


def test_a_wider_bracket_moves_no_crossing():
    """On a bent curve, the middle size decided or not, it is where it was; a line through all would lie elsewhere."""
    sharp = [[(np.full(12, ratio), np.ones(12))] for ratio in (0.1, 1.3, 40.0)]
    blurred = [sharp[0], [(np.repeat([0.4, 1.3, 4.0], [5, 2, 5]), np.ones(12))], sharp[2]]
    narrow, wide = (find_crossover([100, 300, 1000], sessions) for sessions in (sharp, blurred))
    assert (narrow.bracket, wide.bracket) == ((100.0, 300.0), (100.0, 1000.0))
    assert wide.estimate.value == pytest.approx(narrow.estimate.value, rel=0.01)


def test_processes_of_unlike_rounds_bias_nothing():
    """The middle of all rounds is not the mean of the processes: the interval lies around the crossing all the same."""
    spread = fit_spread(np.random.default_rng(2).normal(0, 0.1, (80, 3)))
    rng = np.random.default_rng(3)

    def measure(level):
        processes = ((level - 0.1, 30), (level + 0.1, 6))
        return [(np.exp(at + rng.normal(0, 0.003, rounds)), np.ones(rounds)) for at, rounds in processes]

    crossover = find_crossover([100, 400], [measure(-0.7), measure(0.7)], spread=spread)
    assert crossover.estimate.value == pytest.approx(200, rel=0.02)
    low, high = (
        math.log(bound / crossover.estimate.value) for bound in (crossover.estimate.low, crossover.estimate.high)
    )
    assert low < -0.1
    assert high > 0.1


def test_is_deterministic(simulate_sessions):
    sessions = _simulate(simulate_sessions, np.random.default_rng(46))
    assert find_crossover(SIZES, sessions) == find_crossover(SIZES, sessions)


def _fit_pair(simulate_curve, rng, sizes, true):
    """Two methods whose curves meet at `true`: linear and slow (a) against square and quick (b)."""
    top = sizes[-1]
    a = simulate_curve(rng, sizes, 1.0, top_s=1e-6 * top)
    b = simulate_curve(rng, sizes, 2.0, top_s=1e-6 * top**2 / true)
    return [[pair] for pair in zip(a, b)], tuple(fit_exponents([(sizes, a, None), (sizes, b, None)]))


def test_extrapolates_only_from_two_fits_and_says_so(simulate_curve):
    sizes = np.geomspace(16, 4096, 12)
    found = []
    for seed in range(20):
        sessions, fits = _fit_pair(simulate_curve, np.random.default_rng(seed), sizes, true=10_000.0)
        assert find_crossover(sizes, sessions) is None
        found.append(find_crossover(sizes, sessions, fits))
    assert {c.kind for c in found} == {"extrapolated"}
    assert {c.winner_above for c in found} == {"a"}
    assert np.mean([c.estimate.low <= 10_000.0 <= c.estimate.high for c in found]) >= 0.9


def test_rows_that_happened_to_deviate_alike_are_known_no_better(simulate_curve):
    """All curves are resampled from one seed: draw by draw the deviations of two of equal shape would cancel."""
    sizes = np.geomspace(16, 4096, 12)
    a = simulate_curve(np.random.default_rng(0), sizes, 1.0, floor_s=0.0, top_s=1e-6 * sizes[-1])
    b = [samples * size / 10_000.0 for size, samples in zip(sizes, a)]
    fits = tuple(fit_exponents([(sizes, a, None), (sizes, b, None)]))
    found = find_crossover(sizes, [[pair] for pair in zip(a, b)], fits).estimate
    assert found.value == pytest.approx(10_000, rel=0.05)
    assert found.high > 1.05 * found.low


def test_does_not_extrapolate_far_or_from_no_fit(simulate_curve):
    sizes = np.geomspace(16, 4096, 12)
    sessions, fits = _fit_pair(simulate_curve, np.random.default_rng(47), sizes, true=1e5)
    assert find_crossover(sizes, sessions, fits) is None
    (missing,) = fit_exponents([(sizes[:3], [[1.0], [2.0], [3.0]], None)])
    assert find_crossover(sizes, sessions, (fits[0], missing)) is None


def test_an_open_end_stays_open(simulate_curve):
    sizes = np.geomspace(16, 4096, 12)
    sessions, fits = _fit_pair(simulate_curve, np.random.default_rng(48), sizes, true=38_000.0)
    crossover = find_crossover(sizes, sessions, fits)
    assert crossover.kind == "extrapolated"
    assert crossover.estimate.high == np.inf


@pytest.mark.parametrize(
    ("sizes", "sessions", "message"),
    [
        ([], [], "sizes must hold at least one"),
        ([2, 1], [[([1.0], [1.0])]] * 2, "strictly increasing"),
        ([1], [[]], "at least one pair"),
        ([1], [[([1.0], [-1.0])]], "positive and finite, got -1"),
    ],
)
def test_refuses_what_is_no_series(sizes, sessions, message):
    with pytest.raises(ValueError, match=message):
        find_crossover(sizes, sessions)


def test_processes_widen_a_crossover_to_what_they_move_it():
    """Each size's ratio is off by its own process, 5 %: rounds alone place the crossing far too surely."""
    rng, sizes, held, blind = np.random.default_rng(50), [100.0, 200.0, 400.0, 800.0], [], []
    spread = fit_spread(rng.normal(0, 0.05, (80, 3)))
    for _ in range(60):
        levels = [math.log(d / 283) * 0.5 + rng.normal(0, 0.05) for d in sizes]
        sessions = [[(np.exp(level + rng.normal(0, 0.005, 12)), np.ones(12))] for level in levels]
        for found, given in ((held, spread), (blind, None)):
            crossover = find_crossover(sizes, sessions, spread=given)
            if crossover is not None:
                found.append(crossover.estimate.low <= 283 <= crossover.estimate.high)
    assert len(held) >= 50
    assert np.mean(held) >= 0.90
    assert np.mean(blind) < 0.6
