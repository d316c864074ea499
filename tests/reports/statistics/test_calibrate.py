"""Predictions calibrated by left-out sizes: coverage, how width goes with the gap, and what is not calibrated."""

import math

import numpy as np
import pytest

from reports.statistics import Miss, calibrate, cover_sizes


def simulate(rng, curves, power, scale=0.1, each=4):
    """Misses whose errors are scale * gap^power times a t with four degrees of freedom."""
    return [
        Miss(k, gap, (float(scale * gap**power * rng.standard_t(4)),))
        for k in range(curves)
        for gap in rng.uniform(0.5, 4.0, each)
    ]


@pytest.mark.parametrize("power", [0.0, 1.0, 2.0])
def test_holds_what_was_left_out(power):
    found = cover_sizes(simulate(np.random.default_rng(0), 60, power))
    assert found.total >= 235
    assert 0.90 <= found.share <= 0.99


@pytest.mark.parametrize("power", [0.0, 2.0])
def test_width_goes_with_the_gap_as_errors_do(power):
    calibration = calibrate(simulate(np.random.default_rng(1), 300, power))
    assert calibration.power == pytest.approx(power, abs=0.35)
    narrow, wide = calibration.reach(1.0), calibration.reach(3.0)
    assert wide / narrow == pytest.approx(3**power, rel=0.4)


def test_a_curve_has_no_say_in_its_own_interval():
    rng = np.random.default_rng(2)
    wild = [Miss("wild", 1.0, (5.0,))] * 5
    found = cover_sizes([*wild, *(Miss(k, 1.0, (float(rng.normal(0, 0.01)),)) for k in range(60))])
    assert found.total == 65
    assert found.inside <= 60


def test_what_was_not_calibrated_has_no_interval():
    misses = simulate(np.random.default_rng(3), 5, 1.0)
    assert calibrate(misses[:19]) is None
    assert cover_sizes(misses).total == 0
    calibration = calibrate(misses)
    low, high = calibration.gaps
    assert math.isnan(calibration.reach(1.1 * high))
    assert calibration.reach(low / 5) == calibration.reach(low)


def test_what_is_never_printed_has_no_say():
    rng = np.random.default_rng(4)
    near = [Miss(k, 1.0, (float(rng.normal(0, 0.05)),)) for k in range(60)]
    far = [Miss(k, 4.0, (float(rng.normal(0, 3.0)),)) for k in range(60)]
    whole, limited = calibrate([*near, *far]), calibrate([*near, *far], known_within=3.0)
    assert limited.gaps == (1.0, 1.0)
    assert limited.reach(1.0) == calibrate(near).reach(1.0)
    assert math.isnan(limited.reach(4.0))
    assert whole.reach(4.0) > math.log(3.0)
    assert 0.85 <= cover_sizes([*near, *far], 3.0).share <= 1
    assert cover_sizes([*near, *far], 3.0).total == 60
