"""The problem is what its sizes say: norms, normality, fixed points; and one line for every wrong input."""

from __future__ import annotations

import sys

import numpy as np
import pytest

import bench_core
from bench_core.implicit import ImplicitProblem


@pytest.mark.parametrize("T", ["random", "symmetric", "rotation"])
@pytest.mark.parametrize("D", [1, 2, 7, 100])
def test_gamma_is_the_norm(T, D):
    A = bench_core.problem("implicit", D=D, T=T, gamma=0.9, seed=4).arrays["A"]
    assert np.linalg.norm(A, 2) == pytest.approx(0.9, rel=2e-4)


def test_normality():
    def departure(T):
        A = bench_core.problem("implicit", D=80, T=T, gamma=0.9).arrays["A"]
        return np.linalg.norm(A @ A.T - A.T @ A) / np.linalg.norm(A @ A.T)

    assert departure("random") > 0.3
    assert departure("symmetric") < 1e-6
    assert departure("rotation") < 1e-6
    A = bench_core.problem("implicit", D=81, T="rotation", gamma=0.9).arrays["A"]
    np.testing.assert_allclose(A.T @ A, 0.81 * np.eye(81), atol=1e-6)
    angles = np.angle(np.linalg.eigvals(A))
    assert np.histogram(angles, bins=4, range=(-np.pi, np.pi))[0].min() > 5


def test_expected_norm_of_a_large_matrix(monkeypatch):
    # The package's ``problem`` is the class.
    monkeypatch.setattr(sys.modules["bench_core.implicit.problem"], "NORM_LIMIT", 64)
    for T in ("random", "symmetric"):
        A = bench_core.problem("implicit", D=600, T=T, gamma=0.9, seed=1).arrays["A"]
        assert np.linalg.norm(A, 2) == pytest.approx(0.9, rel=0.02)


@pytest.mark.parametrize("T", ["random", *(pytest.param(T, marks=pytest.mark.slow) for T in ("symmetric", "rotation"))])
def test_the_slopes_are_what_the_problem_says(T):
    problem = bench_core.problem("implicit", D=256, B=64, T=T, gamma=0.9)
    slope = problem.oracle.slope
    assert slope.mean() == pytest.approx(0.9975, abs=1e-4)
    assert (slope < 0.99).mean() == pytest.approx(0.045, abs=0.004)
    norms = [np.linalg.norm(s[:, None] * problem.arrays["A"], 2) for s in slope[:3]]
    assert 0.98 * 0.9 <= min(norms) <= max(norms) <= 0.9


def test_the_block_contracts():
    problem = bench_core.problem("implicit", D=128, B=2, T="conv", gamma=0.9)
    oracle = problem.oracle
    jacobian = oracle.vjp(np.eye(128), oracle.slope[:1])
    assert 0.45 <= np.linalg.norm(jacobian, 2) <= 0.9
    rng = np.random.default_rng(0)
    for _ in range(20):
        a, b = rng.standard_normal((2, 2, 128))
        apart = np.linalg.norm(a - b, axis=1)
        assert (np.linalg.norm(oracle.evaluate(a) - oracle.evaluate(b), axis=1) <= 0.9 * apart).all()


@pytest.mark.parametrize("T", ["random", "symmetric", "rotation", "conv"])
def test_u_is_the_fixed_point_and_data_are_seeded(T):
    a, b, other = (bench_core.problem("implicit", D=128, T=T, gamma=0.99, seed=s) for s in (3, 3, 4))
    u = a.arrays["u"]
    assert np.abs(a.oracle.evaluate(u) - u).max() < 1e-6
    for name in a.arrays:
        assert np.array_equal(a.arrays[name], b.arrays[name])
        assert not np.array_equal(a.arrays[name], other.arrays[name])


@pytest.mark.parametrize(
    ("sizes", "says"),
    [
        ({"gamma": 1.0}, "gamma = 1.0 is not a contraction factor; allowed: 0 < gamma < 1"),
        ({"gamma": "0.9"}, "gamma = '0.9' is not a contraction factor"),
        ({"tol": 0}, "tol = 0 is not a relative residual; allowed: 0 < tol < 1"),
        ({"tol": float("nan")}, "tol = nan is not a relative residual"),
        ({"T": "orthogonal"}, "unknown map T 'orthogonal'; allowed: random, symmetric, rotation, conv"),
        ({"D": 0}, "D = 0 is not a size"),
        ({"D": 100, "T": "conv"}, "D = 100 with T = 'conv' has no whole channels; allowed: multiples of 64"),
    ],
)
def test_bad_input_is_one_line(sizes, says):
    with pytest.raises(ValueError, match="allowed") as caught:
        bench_core.problem("implicit", **sizes)
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)


def test_own_layers():
    rng = np.random.default_rng(0)
    A, d, v = 0.3 * rng.standard_normal((5, 5)) / 5**0.5, rng.standard_normal((3, 5)), rng.standard_normal((3, 5))
    problem = ImplicitProblem.from_arrays(A, d, v)
    m = bench_core.method("implicit", "gmres", "torch")
    kernel = m.build(problem, dtype="float64")
    assert problem.error(kernel.to_numpy(kernel.run()), m) < 1e-5
    with pytest.raises(ValueError, match=r"A has shape \(4, 5\); allowed: \(5, 5\)"):
        ImplicitProblem.from_arrays(A[:4], d, v)
    with pytest.raises(ValueError, match="d holds numbers that are not finite"):
        ImplicitProblem.from_arrays(A, d * np.nan, v)
    with pytest.raises(ValueError, match="still changes"):
        ImplicitProblem.from_arrays(np.array([[0.0, 40.0], [-40.0, 0.0]]), np.full((1, 2), 0.3), np.ones((1, 2)))


def test_a_map_that_does_not_depend_on_u_is_guessed_to_take_one_product():
    problem = ImplicitProblem.from_arrays(np.zeros((5, 5)), np.ones((3, 5)), np.ones((3, 5)))
    for name in ("neumann", "gmres"):
        m = bench_core.method("implicit", name, "torch")
        assert m.cost(problem) == m.cost(problem, iterations=1)


@pytest.mark.parametrize("T", ["random", "conv"])
def test_iterated_oracle_and_probes_agree_with_every_entry(T, monkeypatch):
    """Above DENSE_LIMIT the adjoint is iterated and the error estimated: a planted error must show in both."""
    from bench_core.implicit import oracle

    m = bench_core.method("implicit", "dense", "torch")
    problem = bench_core.problem("implicit", D=128, B=3, T=T)
    kernel = m.build(problem, dtype="float64")
    got = {name: array.copy() for name, array in kernel.to_numpy(kernel.run()).items()}
    assert problem.error(got, m) < 1e-12
    monkeypatch.setattr(oracle, "DENSE_LIMIT", 8)
    probed = bench_core.problem("implicit", D=128, B=3, T=T)
    assert probed.error(got, m) < 1e-9
    name = "K2" if T == "conv" else "A"
    got[name] *= 1 + 0.01 * np.random.default_rng(0).standard_normal(got[name].shape)
    planted = probed.error(got, m)
    monkeypatch.undo()
    assert 0.3 * problem.error(got, m) < planted < 3 * problem.error(got, m)


def test_every_sample_is_judged_also_where_the_batch_is_one_system():
    """One sample of 64 that is three times as far off as it may be is 3/8 of that in the batch's residual."""
    problem = bench_core.problem("implicit", D=32, B=64, T="random", gamma=0.5, tol=1e-4)
    m = bench_core.method("implicit", "bicgstab_global", "torch")
    kernel = m.build(problem, dtype="float64")
    got = {name: np.array(array) for name, array in kernel.to_numpy(kernel.run()).items()}
    right = bench_core.method("implicit", "dense", "torch").build(problem, dtype="float64")
    got["w"] = np.array(right.to_numpy(right.run())["w"])
    assert problem.fault(got, m, "float64") == ""
    got["w"][0] *= 1 + 3 * problem.tol
    quality = problem.quality(got, m)
    assert quality["residual_batch"] < problem.tol < quality["residual"]
    assert problem.fault(got, m, "float64").startswith("not converged")


def test_results_of_the_wrong_name_or_shape_are_refused():
    problem, m = bench_core.problem("implicit", D=4, B=2), bench_core.method("implicit", "dense", "torch")
    with pytest.raises(ValueError, match=r"results named \['A'\]; missing: d"):
        problem.error({"A": np.ones((4, 4))}, m)
    with pytest.raises(ValueError, match=r"result A has shape \(4,\); allowed: \(4, 4\)"):
        problem.error({"A": np.ones(4), "d": np.ones((2, 4))}, m)
    assert problem.error({"A": np.full((4, 4), np.nan), "d": np.ones((2, 4))}, m) == float("inf")
