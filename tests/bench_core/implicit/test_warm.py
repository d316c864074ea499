"""Solvers that start from the w of the last training step."""

from __future__ import annotations

import numpy as np
import pytest

import bench_core
from bench_core.implicit.last_step import last_step
from bench_core.implicit.settings import MOVED
from tests.examples import THOROUGH

BACKENDS = bench_core.BACKENDS if THOROUGH else ("torch",)


def _build(problem, name, backend):
    m = bench_core.method("implicit", name, backend)
    return m, m.build(problem, dtype="float64")


def _run(kernel):
    return {name: np.array(array) for name, array in kernel.to_numpy(kernel.run()).items()}


def test_the_last_problem_is_a_hundredth_away_and_always_the_same():
    arrays = {"A": np.random.default_rng(0).standard_normal((50, 40)), "v": np.full((8, 40), 3.0)}
    moved, again = last_step(arrays), last_step(arrays)
    for name, array in arrays.items():
        assert np.linalg.norm(moved[name] - array) / np.linalg.norm(array) == pytest.approx(MOVED, rel=0.1)
        assert np.array_equal(moved[name], again[name])


def test_both_backends_are_given_the_same_w():
    problem = bench_core.problem("implicit", D=12, B=3, gamma=0.8, T="symmetric")
    torch, jax = (_build(problem, "neumann_warm_1", backend)[1]._extra["last"] for backend in bench_core.BACKENDS)
    np.testing.assert_allclose(np.asarray(torch), np.asarray(jax), rtol=1e-4, atol=1e-5)
    away = np.linalg.norm(np.asarray(torch) - problem.oracle.w) / np.linalg.norm(problem.oracle.w)
    assert 1e-3 < away < 0.2


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("name", ["neumann", "gmres"])
def test_a_warm_start_saves_products_and_changes_no_answer(backend, name):
    """On other data, too, which had another last step."""
    problem = bench_core.problem("implicit", D=48, B=6, gamma=0.9, T="symmetric", tol=1e-6)
    (_, cold), (m, warm) = (_build(problem, n, backend) for n in (name, f"{name}_warm"))
    cold_n, warm_n = (kernel.iterations(kernel.run()) for kernel in (cold, warm))
    assert problem.fault(_run(warm), m, "float64") == ""
    assert warm_n < cold_n - 3
    fresh = problem.unseen()
    warm.refill(fresh)
    got = _run(warm)
    assert fresh.fault(got, m, "float64") == ""
    assert got["iterations"].max() < cold_n - 3


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("T", ["random", "symmetric"])
def test_the_factors_of_a_way_forward_are_those_of_the_data_that_are_there(backend, T):
    """Samples have changed their places, and each its own factors: as a kernel that is built on the new data."""
    problem = bench_core.problem("implicit", D=24, B=5, gamma=0.9, T=T, tol=1e-6)
    fresh = problem.unseen()
    (_, kernel), (_, built) = (_build(each, "shine", backend) for each in (problem, fresh))
    kernel.refill(fresh)
    np.testing.assert_allclose(_run(kernel)["w"], _run(built)["w"], rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("name", ["neumann_warm", "gmres_warm"])
def test_a_start_that_is_worse_than_zero_is_none(backend, name):
    """Sample by sample: one is given the last w, one what is far away, one no number."""
    problem = bench_core.problem("implicit", D=16, B=3, gamma=0.8, T="symmetric", tol=1e-6)
    m, kernel = _build(problem, name, backend)
    last = kernel._backend.to_numpy(kernel._extra["last"]).copy()
    last[1] *= -1
    last[2, 3] = np.nan
    kernel._extra["last"] = kernel._backend.overwrite(kernel._extra["last"], last)
    got = _run(kernel)
    assert problem.fault(got, m, "float64") == ""
    assert got["iterations"][0] < got["iterations"][1:].min()


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_product_from_the_last_w_is_worth_several_from_nothing(backend):
    problem = bench_core.problem("implicit", D=48, B=6, gamma=0.9, T="symmetric")
    errors = {}
    for name in ("neumann_warm_1", "neumann_warm_5", "neumann_1", "neumann_5"):
        m, kernel = _build(problem, name, backend)
        errors[name] = problem.error(_run(kernel), m)
    assert errors["neumann_warm_5"] < errors["neumann_warm_1"] < errors["neumann_5"] < errors["neumann_1"]


@pytest.mark.parametrize("backend", bench_core.BACKENDS)
def test_rows_that_are_given_more_say_so(backend):
    named = [m.name for m in bench_core.methods("implicit", backend) if m.computes == "warm_gradient"]
    assert named == ["neumann_warm", "gmres_warm", "neumann_warm_1", "neumann_warm_5"]
