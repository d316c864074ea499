"""Every method of every family and backend against an independent float64 judge; a new method joins by being listed."""

from __future__ import annotations

import inspect

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import bench_core
from bench_core.logdet.oracle import RATE
from tests.bench_core import judge

METHODS = [m for f in bench_core.FAMILIES for b in bench_core.BACKENDS for m in bench_core.methods(f, b)]
ANSWERS = [m for m in METHODS if m.role == "method"]


def _name(m: bench_core.Method) -> str:
    return f"{m.family}-{m.backend}-{m.name}"


def _result(m: bench_core.Method, problem, dtype: str, form: str | None = None):
    kernel = m.build(problem, dtype=dtype, form=form)
    out = kernel.run()
    kernel.wait(out)
    return kernel.to_numpy(out)


@pytest.mark.parametrize("m", ANSWERS, ids=_name)
def test_exact_to_rounding(m):
    # JAX compiles for every size, which takes most of a second.
    @settings(max_examples=12 if m.backend == "torch" else 3, deadline=None, database=None)
    # The corner once, with a seed of its own: a 1 x 1 gradient may cancel to nothing, and with it the relative error.
    @example(sizes=(1, 1, 1), seed=3)
    @example(sizes=(2, 1, 4), seed=3)
    @given(sizes=st.tuples(st.integers(2, 14), st.integers(1, 20), st.integers(1, 4)), seed=st.integers(0, 2**32 - 1))
    def check(sizes, seed):
        _exact_to_rounding(m, *sizes, seed)

    check()


def _exact_to_rounding(m: bench_core.Method, D: int, B: int, L: int, seed: int) -> None:
    problem = bench_core.problem(m.family, D=D, B=B, L=L, seed=seed)
    for dtype in ("float64", "float32"):
        got = _result(m, problem, dtype)
        assert all(array.dtype == dtype for array in got.values())
        assert judge.error(problem, got, m.computes, RATE) <= m.tolerance(dtype)
        assert problem.error(got, m) <= m.tolerance(dtype)


@pytest.mark.parametrize("m", METHODS, ids=_name)
def test_probes_agree_with_every_entry(m, monkeypatch):
    """Above DENSE_LIMIT the error is estimated by probes: an error that is planted must show in both."""
    from bench_core.logdet import oracle

    if m.name == "jacobian_autodiff" or m.computes == "logdets":
        pytest.skip("too slow at this size, or has no matrix to probe")
    problem = bench_core.problem(m.family, D=96, B=16, L=2, seed=5)
    got = {name: array.copy() for name, array in _result(m, problem, "float64").items()}
    assert problem.error(got, m) < 1e-10
    monkeypatch.setattr(oracle, "DENSE_LIMIT", 8)
    assert bench_core.problem(m.family, D=96, B=16, L=2, seed=5).error(got, m) < 1e-10
    got["W1"][3] *= 1.01
    probed = problem.error(got, m)
    monkeypatch.undo()
    assert 0.3 * problem.error(got, m) < probed < 3 * problem.error(got, m)


@pytest.mark.parametrize("m", METHODS, ids=_name)
def test_kernels_run_again_with_the_same_answer(m):
    """In-place methods stay finite over many calls, near their start when steady; after ``reset`` they start anew."""
    problem = bench_core.problem(m.family, D=10, B=6, L=2, seed=2)
    kernel = m.build(problem, dtype="float64")
    first = {name: np.array(a) for name, a in kernel.to_numpy(kernel.run()).items()}
    kernel.reset(steady=True)
    for _ in range(500):
        out = kernel.run()
    kernel.wait(out)
    late = kernel.to_numpy(out)
    assert all(np.isfinite(a).all() for a in late.values())
    if m.in_place:
        for name in ("W0", "b1"):
            assert np.linalg.norm(late[name] - problem.arrays[name]) < 0.05 * np.linalg.norm(problem.arrays[name])
    kernel.reset()
    again = kernel.to_numpy(kernel.run())
    for name, array in first.items():
        np.testing.assert_allclose(again[name], array, rtol=1e-12, atol=1e-14)
    # Nothing has touched the problem itself.
    assert np.array_equal(problem.arrays["W0"], bench_core.problem(m.family, D=10, B=6, L=2, seed=2).arrays["W0"])


@pytest.mark.parametrize("m", METHODS, ids=_name)
def test_docstring_says_what_a_reader_needs(m):
    text = inspect.getdoc(m.function) or ""
    for needed in ("Cost", "Raises", "Source"):
        assert needed in text, f"{m.function.__module__} does not say {needed}"
    assert "(B, D)" in text or "(D, D)" in text
    assert m.source


@pytest.mark.parametrize("m", METHODS, ids=_name)
def test_all_methods_of_a_problem_share_its_weights(m):
    """At D = 20,000 a second copy of W would cost 1.6 GB."""
    if m.in_place:
        pytest.skip("overwrites its weights: must have its own")
    problem = bench_core.problem(m.family, D=64, B=4, L=1)
    kernel = m.build(problem)
    W = kernel._state[0][0]  # type: ignore[attr-defined]
    pointer = W.data_ptr() if m.backend == "torch" else W.unsafe_buffer_pointer()
    assert pointer == problem.masters["W0"].ctypes.data
