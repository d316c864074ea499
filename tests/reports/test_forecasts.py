"""Forecasts of synthetic curves: the truth inside, straight lines between knots, nothing where nothing is known."""

import math

import pytest

from reports.arithmetic import TOO_WIDE, interpolate
from reports.forecasts import REACH, WHERE, Forecasts
from reports.statistics import Calibration
from tests.reports.finders import series_of


@pytest.fixture(scope="module")
def forecasts(analysis) -> Forecasts:
    """Of logdet."""
    return Forecasts(analysis, "logdet")


@pytest.fixture(scope="module")
def series(analysis):
    """The torch sweep on the CPU."""
    return series_of(analysis)


def read(knots, size, name="seconds"):
    return interpolate([knot.size for knot in knots], [getattr(knot, name) for knot in knots], size)


@pytest.mark.parametrize("row", ["relative", "inverse", "slogdet_autodiff"])
def test_the_truth_is_near_between_and_beyond(forecasts, series, synthetic, row):
    knots = forecasts.knots(series, row)
    for size in (12, 50, 90, 400, 1500, 2500, 5000, 12000):
        truth = synthetic.true_seconds(row, size, "torch", "cpu")
        assert read(knots, size) == pytest.approx(truth, rel=0.12)
        assert read(knots, size, "low") * 0.95 <= truth <= read(knots, size, "high") * 1.05


def test_knots_increase_and_measured_ones_are_the_measurements(analysis, forecasts, series):
    for row in ("relative", "jacobian_autodiff"):
        knots = forecasts.knots(series, row)
        sizes = [knot.size for knot in knots]
        assert sizes == sorted(set(sizes))
        points = {p.size: p.seconds.value for p in analysis.points(series, row) if p.ok}
        assert {knot.size: knot.seconds for knot in knots if knot.how == "measured"} == pytest.approx(points)
        assert max(points) * REACH * (1 + 1e-6) >= sizes[-1]


def test_lines_between_knots_are_as_good_as_the_curve(forecasts, series):
    # slogdet_autodiff leaves its floor within one gap: there a straight line would be off by more than its noise.
    knots = forecasts.knots(series, "slogdet_autodiff")
    assert len(knots) > 3 * len([knot for knot in knots if knot.how == "measured"])


def test_nothing_wider_than_a_factor_is_told(analysis, forecasts, digest):
    for form in digest.family("logdet").form:
        for row in form.rows:
            for knot in row.knots:
                assert knot.how == "measured" or knot.high <= TOO_WIDE * knot.low * (1 + 1e-9)
    assert all(forecasts.knots(series, "relative") for series in analysis.series("logdet"))


@pytest.mark.parametrize(
    ("scale", "power", "far"),
    [(0.1, 0.0, math.e), (0.1, 1e-3, math.e), (0.0, 1.0, math.e), (2.0, 1.0, 10**0.25), (2.0, 0.0, 1.0)],
)
def test_a_row_is_followed_as_far_as_an_interval_is_known(forecasts, series, monkeypatch, scale, power, far):
    """Errors that hardly grow with the gap, or none at all, are followed as far as anything was left out."""
    known = dict.fromkeys(((where, None) for where in WHERE), Calibration(scale, power, (0.1, 1.0)))
    monkeypatch.setattr(forecasts, "_calibrations", known)
    knots = forecasts.knots(series, "relative")
    last = max(knot.size for knot in knots if knot.how == "measured")
    assert knots[-1].size == pytest.approx(last * far)


def test_a_left_out_size_has_no_say_in_its_prediction(analysis, forecasts, series):
    guess = forecasts.guess(series, "relative", 256)
    point = analysis.point(series, 256, "relative")
    assert guess != pytest.approx(point.medians.mean(), abs=1e-9)
    assert math.exp(abs(guess - point.medians.mean())) < 1.2
    assert math.isnan(forecasts.guess(series, "relative", 257))


def test_quality_of_a_smooth_machine(digest):
    quality = digest.family("logdet").quality
    assert quality.left_out > 200
    assert quality.error < 0.1
    assert 0.85 <= quality.coverage <= 0.95
    assert quality.cells > 20
    assert quality.picks >= 0.95
    assert 0.8 <= quality.beyond_coverage <= 1


def test_a_row_that_ended_says_where(analysis, digest, series):
    form = next(form for form in digest.family("logdet").form if form.series == analysis.key(series))
    rows = {row.row: row for row in form.rows}
    size, reason = rows["jacobian_autodiff"].ends
    assert size == 512
    assert reason.startswith("oom at D = 512")
    assert (512.0, "oom") in [(at, why[:3]) for at, why in rows["jacobian_autodiff"].refused]
    assert "relative~twin" not in rows
    assert "gemm_floor" not in rows
