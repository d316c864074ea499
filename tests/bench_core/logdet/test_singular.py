"""A weight without an inverse: one line that names the layer, from every method that needs one, and from the oracle."""

from __future__ import annotations

import numpy as np
import pytest

import bench_core
from bench_core.logdet import LogdetProblem
from bench_core.logdet.singular import SingularWeight
from benchmarks.harness import outcome

# What has no answer: the log-determinant, its gradient by whatever way, and a carried inverse.
NEED = ("inverse", "slogdet_autodiff", "ordinary_with_value", "slogdet", "inverse_tracked", "lu_layer")
NEED_NOT = ("relative", "relative_published", "transposed", "relative_step", "relative_layer", "gemm_floor")
LINE = "W1 is singular: its log|det| is not finite and has no gradient"


def _problem() -> LogdetProblem:
    """The second of two layers has a row of zeros."""
    given = LogdetProblem(D=6, B=8, L=2, seed=3).arrays
    W1 = given["W1"].copy()
    W1[2] = 0
    return LogdetProblem.from_arrays(given["x"], [given["W0"], W1], [given["b0"], given["b1"]])


def _run(name: str, backend: str, dtype: str = "float64", problem: LogdetProblem | None = None):
    m, problem = bench_core.method("logdet", name, backend), problem or _problem()
    kernel = m.build(problem, dtype=dtype)
    return m, problem, kernel.to_numpy(kernel.run())


@pytest.mark.parametrize("backend", bench_core.BACKENDS)
@pytest.mark.parametrize("name", NEED)
def test_a_kernel_names_the_layer(name, backend):
    for dtype in ("float32", "float64") if backend == "torch" else ("float64",):
        with pytest.raises(SingularWeight) as caught:
            _run(name, backend, dtype)
        assert str(caught.value) == LINE
        assert outcome.of_exception(caught.value) == ("error", f"SingularWeight: {LINE}")


@pytest.mark.parametrize("name", NEED_NOT)
def test_a_method_that_needs_no_inverse_answers(name):
    m, problem, got = _run(name, "torch")
    assert problem.error(got, m) <= m.tolerance("float64")


def test_what_only_a_precision_cannot_invert_is_singular_in_it():
    """Two rows that differ by 1e-12 are one in float32: that row says so, and the one in float64 answers."""
    given = LogdetProblem(D=6, B=8, L=1, seed=3).arrays
    W0 = given["W0"].copy()
    W0[2] = W0[1] * (1 + 1e-12)
    W0[2, 0] += 1e-9
    problem = LogdetProblem.from_arrays(given["x"], [W0], [given["b0"]])
    with pytest.raises(SingularWeight, match=r"^W0 is singular"):
        _run("inverse", "torch", "float32", problem)
    assert np.isfinite(_run("inverse", "torch", "float64", problem)[2]["W0"]).all()


@pytest.mark.parametrize("name", [*NEED[:4], "hutchinson_cg_1", "lu_layer"])
def test_the_oracle_says_the_same(name):
    problem, m = _problem(), bench_core.method("logdet", name, "torch")
    shapes = {n: (2,) if n == "logabsdet" else problem.shape(n) for n in problem.oracle.names(m.computes)}
    with pytest.raises(SingularWeight) as caught:
        problem.error({n: np.ones(shape) for n, shape in shapes.items()}, m)
    assert str(caught.value) == LINE


def test_a_library_that_holds_factors_says_the_same():
    pytest.importorskip("zuko")
    given = LogdetProblem(D=6, B=8, L=1, seed=3).arrays
    W0 = given["W0"].copy()
    W0[2] = 0
    m = bench_core.method("logdet", "zuko_lu", "torch")
    problem = LogdetProblem.from_arrays(given["x"], [W0], [given["b0"]])
    with pytest.raises(SingularWeight, match=r"^W0 is singular"):
        m.build(problem)


def test_a_matrix_that_can_be_inverted_is_none_of_this():
    """Condition 1e6 is the most that a problem may have."""
    problem = LogdetProblem(D=64, B=8, L=1, condition=1e6)
    m, _, got = _run("inverse", "torch", "float64", problem)
    assert problem.error(got, m) <= m.tolerance("float64")
