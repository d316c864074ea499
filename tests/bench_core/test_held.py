"""What is asked of an array on its device is what NumPy says of a copy of it."""

from __future__ import annotations

import sys
from types import SimpleNamespace

import numpy as np
import pytest

import bench_core
from bench_core import held
from bench_core.held import Held
from bench_core.logdet._kernel import LogdetKernel
from bench_core.method import load_backend
from bench_core.precision import DTYPES
from benchmarks.harness import check, memory, older
from benchmarks.harness.stages import Stages
from tests.examples import THOROUGH

BOTH = pytest.mark.parametrize("backend", bench_core.BACKENDS)


@pytest.fixture
def staying(monkeypatch):
    """Results of logdet stay where they are on the processor too, whatever their size."""

    def judged(self, out):
        return {
            name: Held(array, self._backend) if array.ndim == 2 else self._backend.to_numpy(array)
            for name, array in self._named(out).items()
        }

    monkeypatch.setattr(LogdetKernel, "judged", judged)


@BOTH
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_answers_are_those_of_a_copy(backend, dtype):
    module = load_backend(backend)
    numbers = np.random.default_rng(0).standard_normal((5000, 7))  # more rows than are converted at once
    left = np.random.default_rng(1).standard_normal((3, 7))
    with module.pinned(dtype):
        there = Held(module.from_numpy(numbers, "cpu", dtype), module)
        broken = Held(module.from_numpy(np.where(numbers > 3, np.inf, numbers), "cpu", dtype), module)
        both = Held(module.from_numpy(np.array([[np.inf, -np.inf]]), "cpu", dtype), module)
        large = Held(module.from_numpy(np.full((2, 2), np.finfo(dtype).max / 2), "cpu", dtype), module)
        other = Held(module.from_numpy(numbers + 1, "cpu", dtype), module)
        square = Held(module.from_numpy(numbers[:7], "cpu", dtype), module)
        zeros = Held(module.from_numpy(np.zeros((2, 2)), "cpu", dtype), module)
    copied = np.asarray(there)
    assert there.shape == copied.shape
    product = there.times_transposed(left)
    assert product.dtype == np.float64
    np.testing.assert_allclose(product, left @ copied.T.astype(np.float64), rtol=1e-13, atol=1e-13)
    wide = np.random.default_rng(2).standard_normal((3, 5000))
    np.testing.assert_allclose(there.times(wide), wide @ copied.astype(np.float64), rtol=1e-12, atol=1e-12)
    assert square.logabsdet() == pytest.approx(np.linalg.slogdet(np.asarray(square, np.float64))[1], rel=1e-13)
    assert [each.is_finite() for each in (there, broken, both)] == [True, False, False]
    assert large.is_finite() or dtype == "float64"
    assert there.any()
    assert not zeros.any()
    assert not np.shares_memory(np.array(there), copied)
    twin = there.copy()
    assert twin.equals(there)
    assert not there.equals(other)


@pytest.mark.parametrize("number", [0.0, np.nan])
def test_a_numpy_array_is_asked_the_same(number):
    assert held.is_finite(np.array([number])) == np.isfinite(number)


@pytest.mark.long
@BOTH
def test_a_result_is_judged_the_same_where_it_is(backend, staying):
    problem, judged = bench_core.problem("logdet", D=600, B=8), set()  # large enough for probes
    for method in bench_core.methods("logdet", backend):
        apart = method.role == "peer" or not method.is_for(problem.sizes)
        # JAX compiles: without the slow tests one row of each answer.
        again = backend == "jax" and not THOROUGH and method.computes in judged
        if apart or again or method.name.startswith("jacobian_autodiff"):
            continue
        judged.add(method.computes)
        kernel = method.build(problem, "cpu", "float32")
        out = kernel.run()
        error, _, fault = check.judge(problem, kernel.judged(out), method, "float32")
        assert error == pytest.approx(problem.error(kernel.to_numpy(out), method), rel=1e-6)
        assert fault == ""


@BOTH
@pytest.mark.parametrize("name", ["relative", "relative_step", "gemm_floor"])
def test_a_kernel_that_remembers_is_found_out_where_it_is(backend, name, staying):
    problem = bench_core.problem("logdet", D=40, B=8)
    method = next(m for m in bench_core.methods("logdet", backend) if m.name == name)
    kernel = method.build(problem, "cpu", "float32")
    assert check.judge_again(problem, problem.unseen(), kernel, method, "float32")[1] == ""
    remembered = kernel.run()
    if not method.in_place:
        kernel.run = lambda: remembered
        kernel.refill(problem)
        fault = check.judge_again(problem, problem.unseen(), kernel, method, "float32")[1]
        assert fault


@BOTH
def test_an_oracle_that_reads_the_device_says_the_same(backend, monkeypatch):
    module = load_backend(backend)
    host, device = (bench_core.problem("logdet", D=600, B=8) for _ in range(2))
    device.held = {name: Held(module.place(device, name, "cpu", "float32"), module) for name in ("W0", "W1")}
    monkeypatch.setattr(np.linalg, "slogdet", None)  # of a held weight the device's is taken
    values = device.oracle.values("logdets")
    monkeypatch.undo()
    np.testing.assert_allclose(values, host.oracle.values("logdets"), rtol=1e-12)
    for k, computes in ((0, "relative"), (1, "transposed"), (0, "products"), (1, "weight")):
        ours, theirs = device.oracle.weight_times(k, computes), host.oracle.weight_times(k, computes)
        np.testing.assert_allclose(ours, theirs, rtol=1e-9, atol=1e-11)
        np.testing.assert_allclose(device.oracle.bias(k, "relative"), host.oracle.bias(k, "relative"), rtol=1e-9)
    # Other data are judged with the same weights; own numbers of float64 and the processor's are not held.
    assert device.unseen().held is device.held
    for problem, where in ((host, "cpu"), (bench_core.problem("logdet", D=8), "cuda")):
        problem.hold(module, where)
        assert not problem.held


@BOTH
@pytest.mark.parametrize("dtype", DTYPES)
def test_beside_rows_of_every_precision_the_weights_held_are_exact(backend, dtype, monkeypatch):
    """And the rows' own where those are: no memory is taken from them."""
    module = load_backend(backend)
    place = module.place
    monkeypatch.setattr(module, "place", lambda problem, name, device, dtype: place(problem, name, "cpu", dtype))
    monkeypatch.setattr(sys.modules["bench_core.logdet.problem"], "FROM", 1)
    problem = bench_core.problem("logdet", D=40, B=8)
    problem.hold(module, "cuda", dtype)
    with module.pinned(dtype):
        shared = place(problem, "W0", "cpu", dtype)
    assert (problem.held["W0"].array is shared) == (dtype != "bfloat16")
    np.testing.assert_array_equal(np.asarray(problem.held["W0"]), problem.masters["W0"])
    host = bench_core.problem("logdet", D=40, B=8)
    monkeypatch.setattr(np.linalg, "slogdet", None)
    values = problem.oracle.values("logdets")
    monkeypatch.undo()
    np.testing.assert_allclose(values, host.oracle.values("logdets"), rtol=1e-12)


@pytest.mark.parametrize(
    ("dtype", "free", "held"),
    [*((dtype, 0, dtype != "bfloat16") for dtype in DTYPES), ("bfloat16", 1e9, True), ("bfloat16", 1e5, False)],
)
def test_a_session_holds_what_takes_no_memory_that_a_row_would_miss(dtype, free, held, monkeypatch):
    problem, asked = bench_core.problem("logdet", D=100, B=8), []
    monkeypatch.setattr(problem, "hold", lambda backend, device, dtype: asked.append(dtype))
    monkeypatch.setattr(memory, "free", lambda backend, device: free)
    cell = {"device": "cuda", "dtype": dtype, "backend": "torch"}
    Stages._hold(SimpleNamespace(cell=cell, problem=problem, backend=None, journal=None))
    assert asked == [dtype] * held


def test_a_problem_of_an_older_commit_holds_beside_its_own_numbers_alone():
    asked = []
    problem = SimpleNamespace(hold=lambda backend, device: asked.append(device))
    for dtype in DTYPES:
        older.hold(problem, None, "cuda", dtype)
    assert len(asked) == 2


@BOTH
def test_where_a_device_has_no_room_its_arrays_are_read_on_the_host(backend, staying, monkeypatch):
    """A row that fits is not one that ran out of memory because the oracle beside it did."""
    problem = bench_core.problem("logdet", D=600, B=8)
    method = bench_core.method("logdet", "relative", backend)
    kernel, module = method.build(problem, "cpu", "float32"), load_backend(backend)
    want = problem.error(kernel.to_numpy(kernel.run()), method)
    asked = []

    def fail(*_):
        asked.append(1)
        raise RuntimeError("out of memory")

    for name in ("times", "times_transposed", "clone"):
        monkeypatch.setattr(module, name, fail)
    problem = bench_core.problem("logdet", D=600, B=8)
    problem.held = {name: Held(module.place(problem, name, "cpu", "float32"), module) for name in ("W0", "W1")}
    error, _, fault = check.judge(problem, kernel.judged(kernel.run()), method, "float32")
    assert error == pytest.approx(want, rel=1e-6)
    assert not fault
    assert check.judge_again(problem, problem.unseen(), kernel, method, "float32")[1] == ""
    assert asked
