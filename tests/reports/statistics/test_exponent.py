"""Exponents: exact data, coverage, the batched fit against SciPy's, too little data, predictions."""

import math
import time

import numpy as np
import pytest
from scipy.optimize import least_squares

from reports.statistics import Estimate, consistent_with, fit_exponents, local_slopes
from reports.statistics import _curve as curve


def slow(value):
    return pytest.param(value, marks=pytest.mark.slow)


SIZES = np.geomspace(10, 20_000, 20)


def fit_exponent(sizes, samples, process=None, **settings):
    """One curve's."""
    return fit_exponents([(sizes, samples, process)], **settings)[0]


def test_exact_squares_above_a_floor_give_two_where_a_slope_does_not():
    seconds = 20e-6 + 2e-13 * SIZES**2
    fit = fit_exponent(SIZES, [[s] for s in seconds])
    assert fit.estimate.value == pytest.approx(2.0, abs=1e-3)
    assert fit.floor_s == pytest.approx(20e-6, rel=1e-3)
    assert fit.prefactor_s == pytest.approx(2e-13, rel=1e-2)
    assert consistent_with(2, fit.estimate) == "consistent"
    naive = np.polyfit(np.log(SIZES), np.log(seconds), 1)[0]
    assert naive < 1.0


@pytest.mark.long
@pytest.mark.parametrize("power", [slow(1.0), 2.0, slow(3.0)])
def test_covers_the_true_exponent(simulate_curve, power):
    rng = np.random.default_rng(31)
    fits = [fit_exponent(SIZES, simulate_curve(rng, SIZES, power)).estimate for k in range(100)]
    assert np.mean([e.low <= power <= e.high for e in fits]) >= 0.9
    assert np.median([e.high - e.low for e in fits]) < 0.1
    assert np.mean([consistent_with(power, e) == "consistent" for e in fits]) >= 0.9


@pytest.mark.long
@pytest.mark.parametrize("count", [5, slow(8), slow(12)])
def test_covers_it_at_few_sizes_by_being_wide(simulate_curve, count):
    rng = np.random.default_rng(count)
    sizes = np.geomspace(10, 20_000, count)
    fits = [fit_exponent(sizes, simulate_curve(rng, sizes, 2.0)).estimate for k in range(100)]
    assert np.mean([e.low <= 2.0 <= e.high for e in fits]) >= 0.9


@pytest.mark.long
def test_covers_it_with_one_sample_a_size(simulate_curve):
    rng = np.random.default_rng(33)
    fits = [fit_exponent(SIZES, simulate_curve(rng, SIZES, 2.0, rounds=1)).estimate for k in range(100)]
    assert np.mean([e.low <= 2.0 <= e.high for e in fits]) >= 0.9


def residuals(theta, u, y):
    return np.logaddexp(theta[0], theta[1] + theta[2] * u) - y


def fit_by_scipy(u, y, starts):
    """The best fit of one curve, from each start in turn."""
    fits = [least_squares(residuals, start, loss="soft_l1", f_scale=curve.SOFT, args=(u, y)) for start in starts]
    return min(fits, key=lambda fit: fit.cost)


@pytest.mark.parametrize("seed", range(6))
def test_fit_is_as_good_as_scipys(simulate_curve, seed):
    rng = np.random.default_rng(seed)
    y = np.log([np.median(s) for s in simulate_curve(rng, SIZES, 1 + seed / 2, bias=0.1)])
    u = np.log(SIZES) - np.log(SIZES).mean()
    starts = curve.propose_starts(u, y)
    ours = curve.fit_all([(u, y[None], starts)])[0][0]
    best = fit_by_scipy(u, y, starts)
    cost = curve.SOFT**2 * (np.sqrt(1 + (residuals(ours, u, y) / curve.SOFT) ** 2) - 1).sum()
    assert cost <= best.cost * (1 + 1e-6)
    assert ours[2] == pytest.approx(best.x[2], abs=1e-3)


def test_one_throttled_size_does_not_bend_it(simulate_curve):
    samples = simulate_curve(np.random.default_rng(5), SIZES, 2.0)
    samples[-1] = samples[-1] * 1.8
    assert fit_exponent(SIZES, samples).estimate.value == pytest.approx(2.0, abs=0.05)


def test_is_deterministic_and_takes_processes(simulate_curve):
    samples = simulate_curve(np.random.default_rng(6), SIZES, 2.0, rounds=15)
    assert fit_exponent(SIZES, samples) == fit_exponent(SIZES, samples)
    grouped = fit_exponent(SIZES, [s.reshape(3, 5) for s in samples])
    assert grouped.estimate.value == fit_exponent(SIZES, samples).estimate.value
    assert fit_exponent(SIZES, [list(s) for s in samples]) == fit_exponent(SIZES, samples)


def test_does_not_depend_on_units(simulate_curve):
    samples = simulate_curve(np.random.default_rng(7), SIZES, 2.0)
    seconds, thousandths = fit_exponent(SIZES, samples), fit_exponent(SIZES * 4, [1e3 * s for s in samples])
    assert thousandths.estimate.value == pytest.approx(seconds.estimate.value, abs=1e-4)
    assert thousandths.estimate.high == pytest.approx(seconds.estimate.high, abs=1e-3)
    assert thousandths.floor_s == pytest.approx(1e3 * seconds.floor_s, rel=1e-3)


def test_three_sizes_are_undetermined_with_a_reason():
    fit = fit_exponent([10, 100, 1000], [[1e-4], [1e-3], [1e-2]])
    assert fit.estimate.undetermined
    assert "3 sizes" in fit.reason
    assert (fit.sizes, fit.size_range) == (3, (10.0, 1000.0))
    assert math.isnan(fit.predict(100))
    assert consistent_with(1, fit.estimate) == "undetermined"
    assert fit_exponent([10], [[1e-4]]).estimate.undetermined


def test_a_series_of_floors_is_undetermined_with_a_reason(simulate_curve):
    flat = fit_exponent(SIZES, simulate_curve(np.random.default_rng(8), SIZES, 2.0, top_s=2e-6))
    assert flat.estimate.undetermined
    assert "mostly floor" in flat.reason
    falling = fit_exponent(SIZES, [[1e-3 / d] for d in SIZES])
    assert falling.estimate.undetermined


def test_a_pure_power_has_no_floor():
    fit = fit_exponent(SIZES, [[1e-9 * d**1.5] for d in SIZES])
    assert fit.estimate.value == pytest.approx(1.5, abs=1e-3)
    assert fit.floor_s < 1e-9 * SIZES[0] ** 1.5 / 100


def test_a_fit_among_others_is_the_same_to_the_last_bit(simulate_curve):
    """Curves of several lengths, more rows than descend at once, one of too few sizes and one without a process."""
    rng = np.random.default_rng(31)
    curves = [(SIZES[:k], simulate_curve(rng, SIZES[:k], 1 + k / 10), [0.02] * k) for k in (5, 9, 3, 9, 5, 7, 9)]
    curves += [(SIZES, simulate_curve(rng, SIZES, 2.0), None) for _ in range(12)]
    for (sizes, samples, process), fit in zip(curves, fit_exponents(curves), strict=True):
        alone = fit_exponent(sizes, samples, process=process)
        assert np.array_equal(fit.draws, alone.draws)
        assert repr(fit) == repr(alone)


def simulate_processes(rng, sizes, deviations, power=2.0, rounds=12):
    """Samples of floor + power, each size's level off by its own process, rounds within 1 %."""
    true_s = 20e-6 + 0.1 * (np.asarray(sizes) / sizes[-1]) ** power
    levels = np.exp(rng.normal(0, deviations))
    return [s * level * np.exp(rng.normal(0, 0.01, rounds)) for s, level in zip(true_s, levels, strict=True)]


@pytest.mark.parametrize("count", [6, slow(12)])
def test_exponents_hold_the_truth_between_processes(count):
    """A process is off by 3 % at most sizes and by 15 % at the others."""
    rng = np.random.default_rng(20)
    sizes = np.geomspace(100, 10_000, count)
    deviations = np.where(np.arange(count) % 3, 0.03, 0.15)
    samples = [simulate_processes(rng, sizes, deviations) for _ in range(80)]
    fits = [fit_exponent(sizes, s, process=deviations, resamples=200).estimate for s in samples]
    assert np.mean([fit.low <= 2.0 <= fit.high for fit in fits]) >= 0.90


def test_processes_widen_an_exponent_whose_sizes_agree_by_luck(simulate_curve):
    samples = simulate_curve(np.random.default_rng(23), SIZES, 2.0, bias=0.0, noise=0.01)
    plain, widened = (
        fit_exponent(SIZES, samples).estimate,
        fit_exponent(SIZES, samples, process=[0.05] * len(SIZES)).estimate,
    )
    assert widened.high - widened.low > 2 * (plain.high - plain.low)


def test_slopes_hold_the_truth_between_processes():
    rng = np.random.default_rng(21)
    sizes, deviations, inside, blind = [100.0, 200.0, 400.0, 800.0], [0.02, 0.1, 0.05, 0.02], [], []
    for _ in range(150):
        samples = [
            1e-6 * d**2 * np.exp(rng.normal(0, sd) + rng.normal(0, 0.01, 12))
            for d, sd in zip(sizes, deviations, strict=True)
        ]
        inside += [s.estimate.low <= 2 <= s.estimate.high for s in local_slopes(sizes, samples, process=deviations)]
        blind += [s.estimate.low <= 2 <= s.estimate.high for s in local_slopes(sizes, samples)]
    assert 0.90 <= np.mean(inside) <= 0.99
    assert np.mean(blind) < 0.5


def test_what_processes_do_unknown_leaves_no_interval(simulate_curve):
    samples = simulate_curve(np.random.default_rng(22), SIZES, 2.0)
    process = [0.02] * (len(SIZES) - 1) + [math.nan]
    fit = fit_exponent(SIZES, samples, process=process)
    assert fit.estimate.undetermined
    assert fit.grows
    assert "one process" in fit.reason
    assert fit.estimate.value == fit_exponent(SIZES, samples).estimate.value
    assert [s.estimate.undetermined for s in local_slopes(SIZES, samples, process=process)][-2:] == [False, True]
    with pytest.raises(ValueError, match="process must be one for each size, got 1"):
        fit_exponent(SIZES, samples, process=[0.1])


def test_400_resamples_take_less_than_ten_fits_by_scipy(simulate_curve):
    """A promise about the fit, on whatever processor."""
    samples = simulate_curve(np.random.default_rng(10), SIZES, 2.0)
    started = time.process_time()
    fit_exponent(SIZES, samples, resamples=400)
    ours = time.process_time() - started
    y, u = np.log([np.median(s) for s in samples]), np.log(SIZES) - np.log(SIZES).mean()
    starts = curve.propose_starts(u, y)
    started = time.process_time()
    for _ in range(10):
        fit_by_scipy(u, y, starts)
    assert ours < time.process_time() - started


def test_local_slopes_show_the_floor_and_the_power(simulate_curve):
    slopes = local_slopes(SIZES, simulate_curve(np.random.default_rng(11), SIZES, 2.0, bias=0.0))
    assert len(slopes) == 19
    assert abs(slopes[0].estimate.value) < 0.3
    assert slopes[-1].estimate.value == pytest.approx(2.0, abs=0.2)
    true = np.diff(np.log(20e-6 + 0.1 * (SIZES / SIZES[-1]) ** 2)) / np.diff(np.log(SIZES))
    assert np.mean([s.estimate.low <= t <= s.estimate.high for s, t in zip(slopes, true)]) >= 0.89
    assert (slopes[3].size_below, slopes[3].size_above) == (SIZES[3], SIZES[4])
    assert local_slopes([1, 2], [[1.0] * 5, [2.0] * 9])[0].estimate.undetermined


@pytest.mark.parametrize(
    ("low", "high", "word"),
    [
        (1.9, 2.1, "consistent"),
        (1.85, 2.15, "consistent"),
        (1.84, 2.1, "undetermined"),
        (1.0, 3.0, "undetermined"),
        (2.2, 2.4, "inconsistent"),
        (1.2, 1.8, "inconsistent"),
    ],
)
def test_consistent_only_with_the_whole_interval_near(low, high, word):
    assert consistent_with(2, Estimate((low + high) / 2, low, high)) == word


@pytest.mark.parametrize(
    ("sizes", "samples", "message"),
    [
        ([], [], "sizes must hold at least one"),
        ([1, 2], [[1.0]], "2 sizes and 1 entries"),
        ([2, 1], [[1.0], [1.0]], "strictly increasing"),
        ([0, 1], [[1.0], [1.0]], "sizes must be positive and finite, got 0"),
        ([1, 2], [[1.0], [-1.0]], "samples at size 2 must be positive and finite, got -1"),
        ([1, 2], [[1.0], []], "samples at size 2 must hold at least one"),
        ([1, 2], [[[1.0], [float("nan")]], [1.0]], "samples at size 1, process 1 must be positive and finite, got nan"),
        ([1, 2], [1.0, 2.0], "samples at size 1 must be samples"),
    ],
)
@pytest.mark.parametrize("function", [fit_exponent, local_slopes])
def test_refuses_what_is_no_curve(function, sizes, samples, message):
    with pytest.raises(ValueError, match=message):
        function(sizes, samples)


def test_refuses_too_few_resamples_and_a_negative_power():
    with pytest.raises(ValueError, match="resamples must"):
        fit_exponent([1], [[1.0]], resamples=10)
    with pytest.raises(ValueError, match="power must"):
        consistent_with(-1, Estimate(1.0, 1.0, 1.0))


def test_without_resamples_there_is_the_fit_and_no_interval(simulate_curve):
    samples = simulate_curve(np.random.default_rng(32), SIZES, 2.0)
    (bare,), whole = fit_exponents([(SIZES, samples, None)], resamples=0), fit_exponent(SIZES, samples)
    assert bare.estimate.value == whole.estimate.value
    assert bare.predict(5000) == whole.predict(5000)
    assert bare.estimate.undetermined
    assert bare.grows
