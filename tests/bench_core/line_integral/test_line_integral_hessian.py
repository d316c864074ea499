"""A J that is a Hessian: the path cannot matter, and an inverse is one; a root of y(x) = y is one for every J."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

import bench_core
from bench_core.line_integral import LineIntegralProblem
from bench_core.line_integral._network import Network
from bench_core.line_integral.settings import gauss_legendre
from tests.bench_core.aten import Count
from tests.bench_core.judges import line_integral as judge


def _integrate(problem, corners) -> np.ndarray:
    """The integral of J along the pieces from corner to corner, (B, d)."""
    arrays = dict(problem.arrays)
    network = Network(arrays, problem.J)
    total = np.zeros_like(corners[0])
    for a, b in itertools.pairwise(corners):
        for t, w in zip(*gauss_legendre(24)):
            total += w * network.apply(network.outputs(network.hidden(a + t * (b - a))), b - a)
    return total


@pytest.mark.parametrize("J", ["hessian", "psd", "free"])
def test_only_a_hessians_integral_does_not_depend_on_the_path(J):
    problem = LineIntegralProblem(d=6, B=8, H=32, J=J, seed=1)
    x, aside = problem.arrays["x"], problem.arrays["target"]
    straight, round_ = _integrate(problem, [0 * x, x]), _integrate(problem, [0 * x, aside, x])
    apart = np.linalg.norm(straight - round_) / np.linalg.norm(straight)
    assert (apart < 1e-6) == (J == "hessian")
    assert apart < 1e-6 or apart > 1e-3


def test_the_hessian_is_symmetric_and_positive():
    for seed in range(5):
        problem = LineIntegralProblem(d=10, B=64, H=64, J="hessian", seed=seed)
        network = Network(dict(problem.arrays), "hessian")
        formed = network.form(network.outputs(network.hidden(problem.arrays["x"])))
        np.testing.assert_allclose(formed, formed.transpose(0, 2, 1), atol=1e-14)
        weights = problem.arrays["W1"].reshape(10, 10, 64)
        np.testing.assert_array_equal(weights, weights.transpose(1, 0, 2))
        assert np.linalg.eigvalsh(formed).min() > 0.2


@pytest.mark.parametrize(("d", "H"), [(1, 1), (2, 7), (4, 3), (10, 64)])
def test_the_hessian_is_positive_wherever_one_looks(d, H):
    far = 10 ** np.linspace(-1, 2, 20).repeat(50)[:, None]
    for seed in range(20):
        problem = LineIntegralProblem(d=d, B=1, H=H, J="hessian", seed=seed)
        network = Network(dict(problem.arrays), "hessian")
        looked = far * np.random.default_rng(seed).standard_normal((far.size, d))
        assert np.linalg.eigvalsh(network.form(network.outputs(network.hidden(looked)))).min() > 0.099


def _run(problem, name, backend):
    m = bench_core.method("line_integral", name, backend)
    kernel = m.build(problem, dtype="float64")
    got = kernel.to_numpy(kernel.run())
    return problem.error(got, m), problem.quality(got, m)


@pytest.mark.parametrize("backend", bench_core.BACKENDS)
def test_a_root_is_an_inverse_for_every_j_and_an_odes_end_for_a_hessian_only(backend):
    """Newton's x is the one that the integral takes to y; the ODE ends there where J is the Jacobian of something."""
    told = {J: LineIntegralProblem(d=6, B=8, H=32, J=J, seed=1) for J in ("hessian", "psd")}
    for J, problem in told.items():
        error, quality = _run(problem, "inverse_newton", backend)
        assert error == quality["round_trip"] < 1e-5
        assert (quality["path_error"] < 1e-5) == (J == "hessian")
    _, ode = _run(told["hessian"], "inverse_cholesky_rk4", backend)
    assert ode["round_trip"] < 1e-3


@pytest.mark.parametrize("J", ["hessian", "psd"])
def test_newtons_method_takes_vjps_only_where_j_is_no_hessian(J):
    """A Hessian is the Jacobian of its integral: forming it is an evaluation, where d vjps are 2d; it has a Cholesky
    factor, and its output layer is evaluated once for all nodes.
    """
    problem = LineIntegralProblem(d=6, B=8, H=32, J=J, seed=1)
    kernel = bench_core.method("line_integral", "inverse_newton", "torch").build(problem, dtype="float64")
    with Count() as count:
        n = kernel.iterations(kernel.run())
    assert n
    assert n % {"hessian": 17, "psd": 32}[J] == 0
    m = bench_core.method("line_integral", "inverse_newton", "torch")
    del count.others["linalg_vector_norm"]
    flops = count.product_flops + judge.factorised(problem, m, count.others)
    assert flops == pytest.approx(m.cost(problem, "float64", n).flops, rel=1e-12 if J == "hessian" else 0.03)


@pytest.mark.parametrize("backend", bench_core.BACKENDS)
def test_newtons_method_goes_on_where_a_hessian_is_not_positive(backend):
    """``J = -I - 0.5 tanh(x)`` has no Cholesky factor anywhere, and an inverse everywhere."""
    data = np.linspace(-1, 1, 5)[:, None]
    problem = LineIntegralProblem.from_arrays(data, data, [[1.0]], [0.0], [[-0.5]], [-1.0], "hessian")
    error, quality = _run(problem, "inverse_newton", backend)
    assert error == quality["round_trip"] < 1e-5


@pytest.mark.parametrize("backend", bench_core.BACKENDS)
def test_a_root_that_is_not_there_is_no_result(backend):
    """Of a y that is no number."""
    problem = LineIntegralProblem(d=2, B=3, H=4, J="psd")
    problem.masters["target"][1] = np.float32(np.nan)
    with pytest.raises(ValueError, match=r"^the search for a root ended without a result, after \d+ evaluations of J$"):
        _run(problem, "inverse_newton", backend)
