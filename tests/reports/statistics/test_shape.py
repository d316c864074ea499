"""Shapes: weights of known terms, and values between and beyond the known ones."""

import numpy as np
import pytest

from reports.statistics import fit_shape, follow_shape, interpolate_powers

SIZES = np.array([10.0, 40.0, 100.0, 400.0, 1000.0])


def test_finds_the_weights_of_a_sum_over_many_orders():
    terms = np.column_stack([np.ones(5), 1e3 * SIZES**2, 4 * SIZES**3])
    weights = np.array([2e-5, 1e-12, 3e-13])
    assert fit_shape(terms, terms @ weights) == pytest.approx(weights, rel=1e-6)


def test_no_weight_is_negative():
    rng = np.random.default_rng(0)
    terms = np.column_stack([np.ones(5), SIZES, SIZES**2])
    for _ in range(50):
        assert (fit_shape(terms, np.exp(rng.normal(0, 2, 5))) >= 0).all()


def test_counts_are_interpolated_exactly():
    count = lambda d: 7 * d**2 + 8 / 3 * d**3  # noqa: E731
    at = np.array([20.0, 250.0, 4000.0])
    assert interpolate_powers(SIZES, count(SIZES), at, (0, 1, 2, 3)) == pytest.approx(count(at), rel=1e-6)


def test_known_values_are_met_whatever_the_shape():
    logs = np.log([3e-5, 1e-4, 8e-5, 2e-3, 1e-2])
    wrong = np.log(SIZES)
    assert follow_shape(SIZES, logs, wrong, SIZES, wrong) == pytest.approx(logs)
    assert interpolate_powers(SIZES, np.exp(logs), SIZES, (0, 1, 2)) == pytest.approx(np.exp(logs))


def test_beyond_the_ends_the_shape_gives_the_growth_and_the_end_the_level():
    logs = np.log(1e-9 * SIZES**2) + np.array([0.0, 0.1, -0.1, 0.0, 0.2])
    at = np.array([5.0, 2000.0])
    followed = follow_shape(SIZES, logs, 2 * np.log(SIZES), at, 2 * np.log(at))
    assert followed == pytest.approx([np.log(1e-9 * 25), np.log(1e-9 * 4e6) + 0.2])


def test_refuses_times_that_are_none():
    with pytest.raises(ValueError, match="positive and finite, got 0"):
        fit_shape(np.ones((2, 1)), [1.0, 0.0])
    with pytest.raises(ValueError, match="one for each row of terms, got 1 for 2"):
        fit_shape(np.ones((2, 1)), [1.0])
