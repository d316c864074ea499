"""What the report concludes from synthetic results whose truth is known."""

import math

from reports.plots.style import assign_colours
from reports.predict import Predictor


def series_of(analysis, backend, device="cpu"):
    return next(s for s in analysis.series() if (s.place.backend, s.place.device) == (backend, device))


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
