"""What the suite promises of its own kernels, held by real sessions (minutes, on a quiet machine)."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import bench_core
from benchmarks.families.logdet import LOGDET
from benchmarks.harness import session
from benchmarks.harness.cell import Cell, rows
from benchmarks.harness.profile import QUICK
from tests.performance.ratios import pair, refute

pytestmark = [pytest.mark.slow, pytest.mark.alone]
# As slow as a processor may be at rows that are there to be compared with: 9 s a call in line_integral, 30 in others.
LONG = replace(QUICK, call_limit_s=30.0, row_budget_s=3.0, session_limit_s=600)


@pytest.mark.parametrize("backend", bench_core.BACKENDS)
@pytest.mark.parametrize("D", [1000, 2000, 4000, 10000])
def test_relative_is_near_the_floor(backend, D):
    wanted = dict.fromkeys(("relative", "gemm_floor", "relative_published"), "")
    cell = Cell.of("logdet", backend, {"D": D})
    record = session.run(cell, LONG, wanted)
    # The floor is products alone. W is added to the last one: two arrays read and one written, at the rate of a copy.
    passing = 3 * 4 * D**2 * dict(cell.sizes)["L"] / record["ceiling"]["copy_bytes_per_s"]
    floor = np.median(record["rows"]["gemm_floor"]["samples_s"])
    assert not refute(pair(record, "relative", "gemm_floor"), 1.05 + passing / floor)
    if backend == "torch":
        assert not refute(pair(record, "relative", "relative_published"), 0.85)


@pytest.mark.parametrize("backend", bench_core.BACKENDS)
@pytest.mark.parametrize("D", [10, 100])
def test_the_best_form_of_relative_is_no_slower_than_any_other_exact_method(backend, D):
    wanted = dict.fromkeys(rows("logdet", backend), "")
    record = session.run(Cell.of("logdet", backend, {"D": D}), replace(LONG, session_limit_s=400), wanted)
    seconds = {name: np.median(row["samples_s"]) for name, row in record["rows"].items() if row["samples_s"]}
    best = min((name for name in seconds if name.partition(":")[0] == "relative"), key=lambda name: seconds[name])
    others = [
        name
        for name, row in record["rows"].items()
        if row["role"] == "method" and row["exact"] and row["samples_s"] and row["method"] != "relative"
    ]
    assert others
    for name in others:
        # Within the smallest margin that the report calls a difference.
        assert not refute(pair(record, best, name), 1.05), (best, name)


def test_a_session_at_a_thousand_takes_seconds():
    wanted = dict.fromkeys((row for row in rows("logdet", "torch") if not row.startswith("jacobian")), "")
    wanted |= {row: "not in the main sweep" for row in wanted if ":" in row or row in LOGDET.apart}
    once = replace(QUICK, repetitions=0)  # a machine whose speed moves meanwhile would have it measured twice
    record = session.run(Cell.of("logdet", "torch", {"D": 1000}), once, wanted)
    assert all(record["rows"][name]["samples_s"] for name in ("relative", "gemm_floor"))  # rows that fail take no time
    # On two cores that multiply at 190 GFLOP/s; on slower ones as much longer.
    assert record["elapsed_s"] <= 12 * max(1.0, 190e9 / record["ceiling"]["gemm_flops_per_s"])


@pytest.mark.parametrize("backend", bench_core.BACKENDS)
def test_implicit_solvers_against_libraries(backend, monkeypatch):
    """gamma = 0.9, random A, D = 512, B = 64, float64, one thread, all to a residual of 1e-6."""
    monkeypatch.setenv("BENCH_THREADS", "1")
    methods = bench_core.methods("implicit", backend)
    peers = [m.name for m in methods if m.role == "peer"]
    ours = [m.name for m in methods if m.role == "method" and m.iterative and m.computes == "parameter_gradient"]
    cell = Cell.of("implicit", backend, {"D": 512, "B": 64, "gamma": 0.9, "T": "random"}, dtype="float64")
    record = session.run(cell, LONG, dict.fromkeys(["jfb", "parameter_vjp", *ours, *peers], ""))
    seconds = {name: np.median(row["samples_s"]) for name, row in record["rows"].items() if row["samples_s"]}
    assert not refute(pair(record, "jfb", "parameter_vjp"), 1.05)
    outcomes = {name: record["rows"][name]["outcome"] for name in peers}
    # A library that is installed has to answer: one that fails would leave a weaker one to be compared with.
    assert set(outcomes.values()) <= {"ok", "skipped"}, outcomes
    if not seconds.keys() & set(peers):
        pytest.skip("no library of the extra 'peers' is installed")
    best, library = (min(seconds.keys() & set(names), key=seconds.__getitem__) for names in (ours, peers))
    # The same iteration at the same residual: a library that is asked for no more than ours is level with it.
    assert not refute(pair(record, best, library), 1.05), (best, library)


def _session(family: str, backend: str, sizes: dict, rows: tuple[str, ...], **more) -> dict:
    record = session.run(
        Cell.of(family, backend, sizes, **more), replace(LONG, session_limit_s=600), dict.fromkeys(rows, "")
    )
    missing = {row: record["rows"][row]["reason"] for row in rows if not record["rows"][row]["samples_s"]}
    assert not missing
    return record


@pytest.mark.parametrize("backend", bench_core.BACKENDS)
def test_a_positive_jacobian_is_applied_three_times_faster_than_it_is_formed(backend):
    rows = ("psd_applied", "psd_formed")
    record = _session("line_integral", backend, {"d": 256, "B": 64, "H": 64, "J": "psd"}, rows)
    assert np.median(pair(record, "psd_formed", "psd_applied")) >= 3


@pytest.mark.parametrize("backend", bench_core.BACKENDS)
@pytest.mark.parametrize("J", ["kronecker", "kronecker_psd"])
def test_the_kronecker_inverse_is_twenty_times_faster_than_lu(backend, J):
    rows = ("inverse_kronecker_rk4", "inverse_lu_rk4")
    # As many samples as leave LU, a second a call and sample where J J^T is formed first, within a call's limit.
    sizes = {"d": 1024, "B": 1 if J == "kronecker_psd" else 4, "H": 64, "J": J}
    record = _session("line_integral", backend, sizes, rows, dtype="float64")
    assert np.median(pair(record, "inverse_lu_rk4", "inverse_kronecker_rk4")) >= 20
    assert record["rows"]["inverse_kronecker_rk4"]["error"] <= 1e-10


@pytest.mark.parametrize("backend", bench_core.BACKENDS)
def test_quadrature_reaches_an_error_in_less_time_than_adaptive_steps(backend):
    fixed = [f"gauss_legendre_{Q}" for Q in (4, 8, 16, 32)]
    adaptive = [f"dopri5_direct_{tol}" for tol in ("0.001", "1e-06", "1e-09")]
    sizes = {"d": 8, "B": 64, "H": 64, "J": "tanh"}
    record = _session("line_integral", backend, sizes, (*fixed, *adaptive), dtype="float64")
    fine = [row for row in (*fixed, *adaptive) if record["rows"][row]["error"] <= 1e-7]
    best, other = (next(row for row in rows if row in fine) for rows in (fixed, adaptive))
    assert np.median(pair(record, best, other)) < 1


@pytest.mark.parametrize("backend", bench_core.BACKENDS)
def test_a_probe_of_the_curl_costs_a_fiftieth_of_the_dense_one(backend):
    rows = ("curl_jvp_vjp", "curl_dense")
    record = _session("score", backend, {"d": 2048, "H": 64, "L": 2, "B": 128}, rows)
    assert np.median(pair(record, "curl_dense", "curl_jvp_vjp")) >= 50
