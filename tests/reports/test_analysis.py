"""What the report concludes from synthetic results whose truth is known."""

import math

import pytest

from reports.analysis import Analysis
from reports.load import load
from reports.plots.style import assign_colours
from reports.predict import Predictor


def series_of(analysis, backend, device="cpu"):
    return next(s for s in analysis.series() if (s.place.backend, s.place.device) == (backend, device))


def test_axis_and_fixed_sizes(analysis):
    assert {(s.axis, s.fixed) for s in analysis.series()} == {("D", (("B", 100), ("L", 2)))}


@pytest.mark.parametrize(("backend", "device"), [("torch", "cpu"), ("jax", "cpu"), ("torch", "cuda")])
def test_paired_ratios_hold_the_truth(analysis, synthetic, backend, device):
    series = series_of(analysis, backend, device)
    inside = total = 0
    for size in analysis.sizes(series):
        ratio = analysis.ratio(series, size, "inverse", "relative")
        if ratio is None:
            continue
        truth = synthetic.true_seconds("inverse", size, backend, device) / synthetic.true_seconds(
            "relative", size, backend, device
        )
        inside += ratio.low <= truth <= ratio.high
        total += 1
    assert total >= 10
    assert inside >= total - 1


def test_exponents_are_found(analysis):
    series = series_of(analysis, "torch")
    assert analysis.exponent(series, "relative").estimate.value == pytest.approx(2, abs=0.02)
    assert analysis.exponent(series, "slogdet").estimate.value == pytest.approx(3, abs=0.02)


def test_winners_are_gradients_only(analysis):
    for series in analysis.series():
        for size in analysis.sizes(series):
            winner = analysis.winner(series, size, analysis.gradient_rows(series))
            for row in winner.rows:
                fact = analysis.facts(series, row)
                assert fact.role == "method"
                assert fact.computes in ("ordinary", "relative", "transposed")


def test_known_winners(analysis):
    series = series_of(analysis, "torch")
    rows = analysis.gradient_rows(series)
    assert analysis.winner(series, 8, rows).rows == ("relative:compiled",)
    assert analysis.winner(series, 8192, rows).rows == ("relative",)
    tie = analysis.winner(series, 1024, rows)
    assert tie.state == "tie"
    assert set(tie.rows) == {"relative", "relative:compiled"}


def test_frontiers_and_limits(analysis):
    torch, jax, cuda = (series_of(analysis, *place) for place in (("torch", "cpu"), ("jax", "cpu"), ("torch", "cuda")))
    for series, last, first, limit in (
        (torch, 256, 512, "memory"),
        (jax, 256, 512, "time"),
        (cuda, 1024, 2048, "memory"),
    ):
        frontier = analysis.frontier(series, "jacobian_autodiff")
        assert (frontier.largest_ok, frontier.smallest_failed) == (last, first)
        assert analysis.first_failure(series, "jacobian_autodiff").limit == limit
    # A wrong result at one size is no frontier.
    assert analysis.frontier(jax, "transposed").smallest_failed is None


def test_noise_floor_below_margin(analysis):
    for place in analysis.places:
        assert 0 < analysis.noise(place) < 0.05
        assert analysis.margin(place) == 0.05


def test_unpaired_rows_get_no_verdict(small):
    for path in small.glob("*/sessions/*/*.session"):
        path.unlink()
    analysis = Analysis(load(small))
    series = series_of(analysis, "torch")
    assert analysis.ratio(series, 256, "inverse", "relative") is None
    assert analysis.verdict(series, 256, "relative", "inverse").word == "not-run"
    assert analysis.winner(series, 256, analysis.gradient_rows(series)).state == "undetermined"


def test_predictions_hold_the_truth_between_and_beyond(analysis, synthetic):
    series = series_of(analysis, "torch")
    predictor = Predictor(analysis, series)
    for size in (20, 200, 700, 1500, 5000, 12000, 30000):
        prediction = predictor.predict("relative", size)
        assert prediction.seconds is not None
        truth = synthetic.true_seconds("relative", size, "torch", "cpu")
        assert prediction.seconds.low * 0.97 <= truth <= prediction.seconds.high * 1.03
        assert prediction.how.startswith("interpolated" if size < 8192 else "extrapolated")
    assert predictor.predict("relative", 1024).how == "measured"
    assert predictor.predict("relative", 1e6).seconds is None


def test_predictions_stop_at_the_frontier(analysis):
    predictor = Predictor(analysis, series_of(analysis, "torch"))
    refused = predictor.predict("jacobian_autodiff", 600)
    assert refused.seconds is None
    assert refused.reason.startswith("oom at D = 512")
    between = predictor.predict("jacobian_autodiff", 300)
    assert between.seconds is not None
    assert between.how.startswith("extrapolated")


def test_answers(analysis):
    predictor = Predictor(analysis, series_of(analysis, "torch"))
    assert predictor.answer(5000).best.row == "relative"
    assert predictor.answer(5000, computes="ordinary").best.row in ("inverse", "slogdet_autodiff")
    assert predictor.answer(5000, computes="step").best.row == "relative_step"
    assert predictor.answer(5000, error=1e-9).best is None
    assert predictor.answer(5000, error=1e-4).best.row == "relative"


def test_held_out_errors_are_small_where_the_curve_is_smooth(analysis):
    predictor = Predictor(analysis, series_of(analysis, "torch"))
    assert math.exp(abs(predictor.held_out("relative")[-4:]).max()) < 1.1


def test_colours_are_stable():
    full, part = assign_colours(["relative", "inverse", "new", "other"]), assign_colours(["relative", "new"])
    assert full["relative"] == part["relative"]
    assert len(set(full.values())) == 4
