"""The median's interval: exact ranks, coverage, refusals."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import quantile_test

from reports.statistics import bound_median, estimate_median, middle


@pytest.mark.parametrize("n", [6, 7, 15, 30, 101])
@pytest.mark.parametrize("confidence", [0.9, 0.95, 0.99])
def test_agrees_with_scipy(n, confidence):
    samples = np.random.default_rng(n).lognormal(size=n)
    ours = estimate_median(samples, confidence)
    theirs = quantile_test(samples).confidence_interval(confidence)
    if np.isfinite([theirs.low, theirs.high]).all():
        assert (ours.low, ours.high) == (theirs.low, theirs.high)
    else:
        assert ours.undetermined


def test_covers_the_true_median():
    rng = np.random.default_rng(3)
    estimates = [estimate_median(rng.lognormal(0.0, 1.0, n)) for n in (6, 15, 40) for _ in range(400)]
    assert np.mean([e.low <= 1.0 <= e.high for e in estimates]) >= 0.94
    assert np.median([e.high / e.low for e in estimates if e.n == 40]) < 2.8  # not by being endless


def test_is_undetermined_below_six_samples():
    five = estimate_median([1.0, 2.0, 3.0, 4.0, 5.0])
    assert five.undetermined
    assert five.value == 3.0
    assert not estimate_median([1.0, 2.0, 3.0, 4.0, 5.0, 6.0]).undetermined
    assert estimate_median([1.0, 2.0, 3.0, 4.0, 5.0, 6.0], confidence=0.99).undetermined


@given(st.lists(st.floats(1e-6, 1e3), min_size=6, max_size=40), st.sampled_from([0.25, 2.0, 1024.0]))
@settings(derandomize=True, deadline=None, max_examples=50)
def test_scales_with_its_samples(samples, scale):
    plain, scaled = estimate_median(samples), estimate_median(np.array(samples) * scale)
    assert (scaled.low, scaled.value, scaled.high) == (plain.low * scale, plain.value * scale, plain.high * scale)


@pytest.mark.parametrize(
    ("samples", "message"),
    [
        ([], "at least one number, got none"),
        ([1.0, float("nan")], "positive and finite, got nan"),
        ([1.0, -2.0], "positive and finite, got -2"),
        ([0.0], "positive and finite, got 0"),
        ([[1.0]], "one dimension, got 2"),
        (["fast"], "must be a list of numbers"),
    ],
)
def test_refuses_what_is_no_time(samples, message):
    with pytest.raises(ValueError, match=message) as refusal:
        estimate_median(samples)
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize("confidence", [0, 1, 1.5, float("nan"), "high"])
def test_refuses_a_confidence_outside_0_and_1(confidence):
    with pytest.raises(ValueError, match="confidence must"):
        estimate_median([1.0], confidence)


@given(st.lists(st.floats(-1e9, 1e9), min_size=1, max_size=40))
def test_the_middle_is_numpys_median_to_the_last_bit(values):
    assert middle(np.array(values)) == np.median(values)


def test_numbers_known_as_bounds_have_the_interval_that_holds_them_all():
    """Whatever the unknown ones are; the median is known while fewer than half may lie on its other side."""
    known, inf = np.arange(1.0, 11.0), np.inf
    whole = estimate_median(known)
    assert bound_median(known, known) == whole
    four = bound_median(known, [*known[:6], *[inf] * 4])
    assert (four.value, four.low, four.high) == (whole.value, whole.low, inf)
    one = bound_median(known, [*known[:9], inf])
    assert (one.value, one.low, one.high) == (whole.value, whole.low, whole.high)
    half = bound_median(known, [*known[:5], *[inf] * 5])
    assert (half.value, half.low, half.high) == (whole.low, whole.low, inf), "at least so much"
    below = bound_median([0.0] * 10, known)
    assert (below.value, below.low, below.high) == (whole.value, 0, whole.high), "at most so much"
    few = bound_median([1.0, 2.0, 3.0], [1.0, inf, inf])
    assert few.undetermined
    assert np.isnan(few.value)
    both = bound_median([0.0, *known[1:]], [5.9, *known[1:7], inf, inf, inf])
    assert (both.value, both.low, both.high) == (whole.low, whole.low, inf), "neither median is the numbers' own"
