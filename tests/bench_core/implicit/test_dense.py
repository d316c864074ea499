"""Dense Jacobians: as they are, factorised together where that is right, and said to be singular where they are."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

import bench_core
from bench_core.backends.factorise import ALONE
from bench_core.implicit import ImplicitProblem, SingularJacobian, settings
from benchmarks.harness import outcome
from tests.bench_core.aten import Count

BACKENDS = bench_core.BACKENDS
LAYER, BLOCK = {"D": 7, "B": 4, "T": "random"}, {"D": 128, "B": 3, "T": "conv"}
B, GUILTY = 5, 3


def _kernel(problem, backend="torch", dtype="float64") -> tuple[bench_core.Method, Any]:
    m = bench_core.method("implicit", "dense", backend)
    return m, m.build(problem, dtype=dtype)


def _run(problem, backend="torch", dtype="float64"):
    m, kernel = _kernel(problem, backend, dtype)
    return m, {name: np.array(array) for name, array in kernel.to_numpy(kernel.run()).items()}


@pytest.fixture
def threads():
    before = torch.get_num_threads()
    yield torch.set_num_threads
    torch.set_num_threads(before)


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("sizes", [LAYER, BLOCK], ids=["layer", "block"])
def test_jacobians_are_those_of_autodiff(backend, sizes):
    problem = ImplicitProblem(**sizes, gamma=0.8)
    judge, (_, kernel) = _kernel(problem)[1]._operator, _kernel(problem, backend)
    # No sample's T depends on another's u.
    u = torch.from_numpy(problem.arrays["u"])
    want = torch.autograd.functional.jacobian(lambda u: judge.evaluate(u).sum(0), u).transpose(0, 1)
    with kernel._backend.pinned("float64"):
        got = kernel._backend.to_numpy(kernel._operator.jacobians()(1, problem.B - 1))
    np.testing.assert_allclose(got, want[1:].numpy(), rtol=1e-10, atol=1e-13)


@pytest.mark.parametrize(("D", "several", "calls"), [(10, 2, 1), (ALONE - 1, 2, 1), (ALONE, 2, 3), (ALONE, 1, 1)])
def test_matrices_are_factorised_together_where_that_is_right(D, several, calls, threads):
    _, kernel = _kernel(bench_core.problem("implicit", D=D, B=3))
    threads(several)
    with Count() as count:
        kernel.run()
    assert count.others == {"_linalg_solve_ex": calls}


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("samples", [0, 2, 3, 8])
def test_parts_of_the_batch_are_as_right_as_all_of_it(backend, samples, monkeypatch):
    """Fewer numbers than one Jacobian has; a divisor of the batch; parts of which the last is smaller; all."""
    monkeypatch.setitem(settings.CHUNK[backend], "cpu", max(1, samples * 25))
    problem = bench_core.problem("implicit", D=5, B=8, seed=1)
    m, got = _run(problem, backend)
    assert problem.error(got, m) < 1e-10
    np.testing.assert_allclose(got["w"], problem.oracle.w, rtol=1e-10)


def test_constants_are_those_of_the_device():
    for backend in BACKENDS:
        assert settings.chunk(backend, "cuda") > settings.chunk(backend, "cpu")
        m = bench_core.method("implicit", "dense", backend)
        few, many = (m.cost(bench_core.problem("implicit", D=16, B=n), "float64").peak_bytes for n in (8, 5000))
        # Above the chunk nothing grows but the vectors of the batch.
        most = settings.chunk(backend, "cpu") * 2 * 8
        assert 2 * 8 * 16**2 * 8 <= few < many <= most + 4 * 5000 * 16 * 8


def _own(A) -> ImplicitProblem:
    """A at u = 0 for one sample, where the slope is 1, and at another u for the others."""
    A, rng = np.diag(A) if np.ndim(A) == 1 else A, np.random.default_rng(2)
    u = rng.uniform(0.1, 0.5, (B, len(A)))
    u[GUILTY] = 0
    return ImplicitProblem.from_arrays(A, np.arctanh(u) - u @ A.T, rng.standard_normal(u.shape), u=u)


LINE = f"J = I - dT/du of sample {GUILTY} is singular; allowed: maps without an eigenvalue 1 of dT/du"


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("samples", [2, B])
def test_a_singular_jacobian_is_one_line(backend, dtype, samples, monkeypatch):
    monkeypatch.setitem(settings.CHUNK[backend], "cpu", samples * 9)
    with pytest.raises(SingularJacobian) as caught:
        _run(_own([0.5, 1.0, -0.25]), backend, dtype)
    assert outcome.of_exception(caught.value) == ("error", f"SingularJacobian: {LINE}")


@pytest.mark.parametrize("several", [1, 2])
def test_a_singular_jacobian_among_large_ones(several, threads):
    threads(several)
    with pytest.raises(SingularJacobian) as caught:
        _run(_own([*[0.5] * ALONE, 1.0]))
    assert str(caught.value) == LINE


# J has rank 2, and rounding leaves LU a third pivot.
ROUNDED = np.eye(3) - np.arange(1, 10).reshape(3, 3) / 16


@pytest.mark.parametrize("A", [[0.5, 1.0, -0.25], ROUNDED], ids=["exact", "rounded"])
def test_the_oracle_says_the_same(A):
    """Of a J that rounding alone gives an inverse, too: no row's numbers are held to what means nothing."""
    problem = _own(A)
    m = bench_core.method("implicit", "jfb", "torch")
    kernel = m.build(problem, dtype="float64")
    with pytest.raises(SingularJacobian) as caught:
        problem.error(kernel.to_numpy(kernel.run()), m)
    assert str(caught.value) == LINE


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_jacobian_that_can_be_inverted_is_none_of_this(backend):
    """A slope of 1e-6 is steep and no more; a number that is none is another fault."""
    problem = _own([0.5, 1 - 1e-6, -0.25])
    m, got = _run(problem, backend)
    assert problem.error(got, m) < 1e-9
    problem = bench_core.problem("implicit", D=8, B=3)
    problem.masters["d"][1, 2] = np.nan
    m, got = _run(problem, backend)
    assert not np.isfinite(got["w"][1]).all()
    assert np.isfinite(got["w"][[0, 2]]).all()
