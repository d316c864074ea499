"""Paired ratios of synthetic results whose truth is known."""

import pytest

from reports.analysis import Analysis
from reports.load import load
from tests.reports.finders import series_of


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
    assert analysis.verdict(series, 256, "relative", "inverse") == "not-run"
