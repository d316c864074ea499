"""Predictions and refusals."""

from __future__ import annotations

from bench_core import Cost
from benchmarks.harness import budget

COST = Cost(flops=1e9, bytes=1e6, peak_bytes=1e6)


def test_without_history_the_flops_count():
    assert budget.predict(COST, 1e10, None).seconds == 0.1


def test_a_smaller_size_scales_with_its_flops():
    smaller = {"flops": 1e8, "seconds": 0.05, "size": 100}
    prediction = budget.predict(COST, 1e10, smaller)
    assert prediction.seconds == 0.5
    assert "size 100" in prediction.basis


def test_short_calls_are_not_scaled():
    assert budget.predict(COST, 1e10, {"flops": 10.0, "seconds": 1e-4, "size": 10}).seconds == 0.1


def test_refusals_name_prediction_and_budget():
    slow = budget.Prediction(3.0, 1e6, "its FLOPs at the measured product rate")
    assert budget.refusal(slow, 1.0, 1e9) == (
        "time: predicted 3 s a call from its FLOPs at the measured product rate, budget 1 s"
    )
    large = budget.Prediction(0.1, 2**34, "")
    assert budget.refusal(large, 1.0, 2**33) == "memory: predicted 16.0 GiB, budget 6.8 GiB (85% of what is free)"
    assert budget.refusal(budget.Prediction(0.5, 1e6, ""), 1.0, 1e9) is None
