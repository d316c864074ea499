"""Refusals on true bounds only, and what becomes of calls that are stopped."""

from __future__ import annotations

from dataclasses import replace

import pytest

import bench_core
from bench_core import Cost
from benchmarks.harness import admission
from benchmarks.harness.cell import Cell
from benchmarks.harness.profile import PATIENT, QUICK, STANDARD
from benchmarks.harness.run import _rows

COST = Cost(flops=1e9, bytes=1e6, peak_bytes=1e6)
SLOW = admission.Prediction(3.0, 1e6)


def test_a_row_is_refused_where_its_least_work_takes_longer_than_the_budget():
    assert admission.Bound(3.0, 1e6).refusal(1.0, 1e9) == (
        "time: its least FLOPs at 2 times the measured product rate take 3 s a call, budget 1 s"
    )
    assert admission.Bound(0.5, 1e6).refusal(1.0, 1e9) is None


def test_a_row_is_refused_where_its_arrays_are_larger_than_what_is_free():
    assert admission.Bound(0.1, 2**34).refusal(1.0, 2**33) == (
        "memory: its results and largest array are 16.0 GiB, 8.0 GiB are free"
    )
    assert admission.Bound(0.1, 2**33).refusal(1.0, 2**33) is None


@pytest.mark.parametrize("backend", bench_core.BACKENDS)
def test_an_iterative_method_is_bound_by_one_iteration(backend):
    """The guess of 1,375 iterations at gamma = 0.99 refused cg, which takes some 300."""
    problem = bench_core.problem("implicit", D=512, B=64, gamma=0.99, T="symmetric", tol=1e-6)
    cg = bench_core.method("implicit", "cg", backend)
    rate = cg.cost(problem, "float64").flops / 2  # by the guess it takes two seconds
    bound = admission.bound(cg, problem, "float64", rate)
    assert bound.refusal(1.0, 1e12) is None
    assert bound.seconds < 0.01
    assert admission.predict(cg.cost(problem, "float64"), rate, None).seconds == 2.0


@pytest.mark.parametrize("family", bench_core.FAMILIES)
@pytest.mark.parametrize("backend", bench_core.BACKENDS)
def test_what_a_method_holds_at_least_is_no_more_than_its_peak(family, backend):
    problem = bench_core.problem(family)
    for method in bench_core.methods(family, backend):
        cost = method.cost(problem, "float32")
        assert 0 <= cost.least_bytes <= cost.peak_bytes, method.name


def test_the_bound_of_a_gradient_is_its_size():
    problem = bench_core.problem("logdet", D=1000, L=2, B=10)
    for name, squares in (("relative", 2), ("relative_step", 0), ("jacobian_autodiff", 12)):
        method = bench_core.method("logdet", name, "torch")
        assert admission.bound(method, problem, "float32", 1e11).bytes == squares * 4e6


def test_a_prediction_without_history_is_of_the_flops():
    assert admission.predict(COST, 1e10, None).seconds == 0.1


def test_a_prediction_scales_a_smaller_size_with_its_flops():
    assert admission.predict(COST, 1e10, {"flops": 1e8, "seconds": 0.05, "size": 100}).seconds == 0.5
    # Short calls are not scaled.
    assert admission.predict(COST, 1e10, {"flops": 10.0, "seconds": 1e-4, "size": 10}).seconds == 0.1
    # Nor are those whose work does not explain them: launches on a GPU.
    assert admission.predict(COST, 1e10, {"flops": 1e5, "seconds": 6e-3, "size": 10}).seconds == 0.1


def test_rows_that_may_end_the_process_are_known():
    assert admission.is_doubtful(SLOW, 1.0, 1e9)
    assert admission.is_doubtful(admission.Prediction(0.1, 9e8), 1.0, 1e9)
    assert not admission.is_doubtful(admission.Prediction(0.1, 8e8), 1.0, 1e9)


def test_a_hopeless_call_costs_a_few_times_its_budget():
    assert admission.patience(8.5, compiles=False) <= 6 * 8.5
    assert admission.patience(0.5, compiles=False) <= 15


def test_a_stopped_call_is_over_the_budget_where_its_work_explains_it_and_else_it_hangs():
    assert admission.when_stopped(SLOW, 0.5, 12.0) == ("over_budget", "time: measured > 12 s a call, budget 0.5 s")
    assert admission.when_stopped(admission.Prediction(1e-3, 1e6), 0.5, 12.0) is None


@pytest.mark.parametrize(("times", "tried"), [(2.9, True), (3.1, False)])
def test_what_took_three_times_its_budget_is_not_tried_at_larger_sizes(times, tried):
    small, large = (Cell.of("logdet", "torch", {"D": D}) for D in (64, 128))
    seconds = times * STANDARD.call_seconds("logdet", dict(small.sizes))
    row = {"outcome": "over_budget", "reason": "time: measured 9 s a call, budget 3 s", "measured_s": seconds}
    known = [{"cell": small.to_json(), "rows": {"inverse": row}}]
    planned = _rows(large, STANDARD, known, [], ())
    if tried:
        assert planned["inverse"] == ""
    else:
        reason = "time: not tried: at D = 64 measured 9 s a call, budget 3 s"
        assert planned["inverse"] == ("over_budget", reason)


def test_what_ran_out_of_memory_is_not_tried_at_larger_sizes():
    small, large = (Cell.of("logdet", "torch", {"D": D}) for D in (3000, 4000))
    row = {"outcome": "oom", "reason": "the process was killed in first call"}
    known = [{"cell": small.to_json(), "rows": {"jacobian_autodiff": row}}]
    planned = _rows(large, PATIENT, known, [], ())
    assert planned.pop("jacobian_autodiff") == "oom at D = 3000; not tried again from there on"
    assert planned == {"relative": "", "inverse": "", "slogdet_autodiff": ""}


def test_a_row_that_was_not_at_fault_is_tried_at_larger_sizes():
    small, large = (Cell.of("logdet", "torch", {"D": D}) for D in (64, 128))
    row = {"outcome": "over_budget", "reason": "time: the session's 90 s were taken before its turn"}
    known = [{"cell": small.to_json(), "rows": {"inverse": row}}]
    assert _rows(large, replace(QUICK, peers=True), known, [], ())["inverse"] == ""


def test_how_a_row_ended_on_a_device_that_went_away_teaches_nothing():
    small, large = (Cell.of("logdet", "torch", {"D": D}, "cuda") for D in (64, 128))
    row = {"outcome": "timeout", "reason": "first call took longer than 15 s"}
    record = {"cell": small.to_json(), "rows": {"inverse": row}}
    assert _rows(large, QUICK, [record], [], ())["inverse"] == "timeout at D = 64; not tried again from there on"
    assert _rows(small, QUICK, [], [record], ())["inverse"] == tuple(row.values())
    gone = record | {"lost_device": "no device to be seen"}
    assert _rows(large, QUICK, [gone], [], ())["inverse"] == _rows(small, QUICK, [], [gone], ())["inverse"] == ""
