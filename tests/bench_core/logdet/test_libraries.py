"""Libraries' layers: our likelihood, the gradient that autodiff through them gives, and what they cannot hold."""

from __future__ import annotations

import numpy as np
import pytest
import torch

import bench_core
from bench_core.logdet import LogdetProblem, libraries
from bench_core.logdet.torch._network import log_density
from bench_core.logdet.torch.slogdet_autodiff import log_likelihood

LAYERS = [m for m in bench_core.methods("logdet", "torch") if m.declaration.kernel in libraries.LAYOUTS]
SIZES = [{"D": 1, "B": 3, "L": 1}, {"D": 2, "B": 1, "L": 1}, {"D": 23, "B": 40, "L": 1}]
each = pytest.mark.parametrize("m", LAYERS, ids=lambda m: m.name)


@pytest.fixture
def double():
    """torchflows makes its triangles in torch's default precision."""
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(torch.float32)


def _load(m, problem):
    """The library's layer and its parameters in float64, or a skip."""
    try:
        extra, _ = m.module.prepare(problem, lambda array: torch.from_numpy(array).double())
    except bench_core.Unavailable as missing:
        pytest.skip(str(missing))
    return extra


def _built(m, problem, dtype="float32"):
    try:
        return m.build(problem, dtype=dtype)
    except bench_core.Unavailable as missing:
        pytest.skip(str(missing))


@each
@pytest.mark.parametrize("sizes", SIZES, ids=str)
def test_the_reference_is_autodiff_through_the_library(m, sizes, double):
    problem = bench_core.problem("logdet", seed=5, **sizes)
    layer, parameters = _load(m, problem)
    got = m.function(torch.from_numpy(problem.arrays["x"]), (), (), 0.1, layer, parameters)
    assert problem.error({name: a.numpy() for name, a in got.items()}, m) < 1e-12
    assert problem.measure(m) == "reference"


@each
def test_the_likelihood_is_ours(m, double):
    """Whatever order and signs a library puts the rows in; to the rounding of its parameters to float32."""
    problem = bench_core.problem("logdet", D=30, B=7, L=1, seed=1)
    x, W, b = (torch.from_numpy(problem.arrays[name]) for name in ("x", "W0", "b0"))
    y, logabsdet = _load(m, problem)[0](x)
    values = (log_density(y) + logabsdet).detach()
    assert float(values.mean()) == pytest.approx(float(log_likelihood(x, [W], [b], 0.1)), abs=1e-4)
    # Of every sample, not of the batch alone.
    alone = torch.stack([log_likelihood(one[None], [W], [b], 0.1) for one in x])
    torch.testing.assert_close(values, alone, rtol=0, atol=1e-4)


@each
def test_a_row_is_right_in_float32_and_wrong_where_it_is_not(m):
    problem = bench_core.problem("logdet", D=48, B=16, L=1, seed=2)
    kernel = _built(m, problem)
    got = {name: np.array(array) for name, array in kernel.to_numpy(kernel.run()).items()}
    assert problem.fault(got, m, "float32") == ""
    assert problem.error(got, m) < 1e-5
    for name in got:
        wrong = got | {name: got[name] * np.float32(1.01)}
        assert "exceeds the tolerance" in problem.fault(wrong, m, "float32")
    with pytest.raises(ValueError, match=r"^result b has shape \(3,\); allowed: \(48,\)$"):
        problem.error(got | {"b": np.ones(3)}, m)
    assert problem.error(got | {"b": np.full(48, np.nan)}, m) == float("inf")


@each
def test_other_data_are_answered_in_the_same_layer(m):
    problem = bench_core.problem("logdet", D=12, B=9, L=1)
    kernel, fresh = _built(m, problem), problem.unseen()
    kernel.refill(fresh)
    assert fresh.error(kernel.to_numpy(kernel.run()), m) < 1e-5


@each
def test_one_layer_is_what_they_are_for(m):
    with pytest.raises(bench_core.Unavailable, match=rf"^{m.name} is for L = 1; here"):
        m.build(bench_core.problem("logdet", D=4, L=2))


@each
def test_a_small_pivot_is_an_outcome(m):
    W = np.diag([1.0, 2e-4, 3.0])
    problem = LogdetProblem.from_arrays(np.ones((2, 3)), [W], [np.zeros(3)])
    package = m.declaration.kernel
    if package == "zuko":
        assert libraries.masters(problem, package)["LU"][1, 1] == 2e-4
    else:
        with pytest.raises(bench_core.Unavailable, match=rf"^{package} holds pivots above 0.001; here .* 0.0002$"):
            libraries.masters(problem, package)
