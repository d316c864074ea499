"""Gauss-Kronrod: as exact as it says, and an estimate that tells."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.integrate import quad

import bench_core
from bench_core.line_integral import LineIntegralProblem
from bench_core.line_integral.settings import embedded, gauss_kronrod, gauss_legendre


@pytest.mark.parametrize("Q", [3, 15, 21, 31])
def test_exact_to_the_degree_that_it_has(Q):
    t, w = gauss_kronrod(Q)
    assert (np.diff(t) > 0).all()
    assert (w > 0).all()
    for k in range(3 * (Q // 2) + 2):
        assert w @ t**k == pytest.approx(1 / (k + 1), abs=1e-14)
    # 21 nodes are those that QUADPACK integrates with.
    if Q == 21:
        seen: list[float] = []
        quad(lambda x: seen.append(x) or 0.0, 0, 1)
        np.testing.assert_allclose(t, sorted(seen), atol=1e-15)


@pytest.mark.parametrize("Q", [15, 21])
def test_the_rule_within_is_that_of_gauss(Q):
    nodes, weights = embedded(Q)
    t, w = gauss_legendre(Q // 2)
    np.testing.assert_allclose(nodes[1::2], t, atol=1e-15)
    np.testing.assert_allclose(weights[1::2], w, atol=1e-15)
    assert not weights[::2].any()


@pytest.mark.parametrize("backend", bench_core.BACKENDS)
def test_the_estimate_is_the_error_of_the_smaller_rule_and_bounds_that_of_y(backend):
    """Of every sample, the hard one too, whose estimate says that it is not solved."""
    problem = LineIntegralProblem(d=3, B=6, H=8, J="uneven", seed=1)
    m = bench_core.method("line_integral", "gauss_kronrod_15", backend)
    kernel = m.build(problem, dtype="float64")
    got = kernel.to_numpy(kernel.run())
    small = bench_core.method("line_integral", "gauss_legendre_4", backend)
    arguments, settings = kernel._arguments(), small.settings | {"Q": 7, "chunk": 1 << 20}
    with kernel._backend.pinned("float64"):
        seven = np.asarray(small.function(*arguments, problem.J, **settings)["y"])
    np.testing.assert_allclose(got["estimate"], np.linalg.norm(got["y"] - seven, axis=1), rtol=1e-6, atol=1e-13)
    errors = np.linalg.norm(got["y"] - problem.oracle.integral["y"], axis=1)
    assert (errors <= got["estimate"] + 1e-12).all()
    assert np.argmax(got["estimate"]) == np.argmax(errors) == problem.B - 1
    quality = problem.quality(got, m)
    size = 3**0.5 + np.linalg.norm(problem.oracle.integral["y"][-1])
    assert quality["sample_error"] == pytest.approx(errors[-1] / size)
    assert quality["estimate"] == pytest.approx(got["estimate"][-1] / size, rel=1e-9)
