"""What k products buy by GMRES and BiCGStab: their iterates, one step on, beside the Neumann series."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from scipy.sparse.linalg import bicgstab

import bench_core
from bench_core.implicit.oracle import Oracle
from tests.examples import THOROUGH

BACKENDS = bench_core.BACKENDS if THOROUGH else ("torch",)


def _problem(T="random", gamma=0.9, D=24):
    return bench_core.problem("implicit", D=D, B=3, gamma=gamma, T=T, seed=2)


def _run(problem, name, backend="torch"):
    m = bench_core.method("implicit", name, backend)
    kernel = m.build(problem, dtype="float64")
    return m, {name: np.array(array) for name, array in kernel.to_numpy(kernel.run()).items()}


def _systems(problem):
    """``J^T`` and v of every sample."""
    oracle = Oracle(problem)
    return [(np.eye(problem.D) - oracle._jacobian(s).T, v) for s, v in zip(oracle.slope, problem.arrays["v"])]


def _residuals(problem, w) -> np.ndarray:
    return np.array([np.linalg.norm(v - J @ row) for (J, v), row in zip(_systems(problem), w)])


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("k", [2, 10])
def test_whole_steps_of_bicgstab_are_scipys(backend, k):
    problem = _problem()
    _, got = _run(problem, f"bicgstab_{k}", backend)
    for (J, v), w in zip(_systems(problem), got["w"]):
        x, _ = bicgstab(J, v, rtol=0.0, atol=0.0, maxiter=k // 2)
        np.testing.assert_allclose(w, x + v - J @ x, rtol=1e-9, atol=1e-12)


def test_half_a_step_of_bicgstab_is_its_first_length():
    problem = _problem()
    _, got = _run(problem, "bicgstab_1")
    for (J, v), w in zip(_systems(problem), got["w"]):
        x = (v @ v) / (v @ J @ v) * v
        np.testing.assert_allclose(w, x + v - J @ x, rtol=1e-12)


@pytest.mark.parametrize("T", ["random", "symmetric", "rotation"])
def test_gmres_is_within_gamma_of_the_least_residual(T):
    """The Neumann series has the same terms: the residual before its last step is one that GMRES minimises over."""
    problem, reached = _problem(T), []
    for k in (1, 2, 5, 10, 20):
        _, ours = _run(problem, f"gmres_{k}")
        series = [np.linalg.norm(np.linalg.matrix_power(np.eye(24) - J, k) @ v) for J, v in _systems(problem)]
        residuals = _residuals(problem, ours["w"])
        assert (residuals <= problem.gamma * np.array(series) * (1 + 1e-9)).all()
        reached.append(residuals)
    # What is minimised falls; one step on it is within gamma of that.
    assert all((after <= before / problem.gamma).all() for before, after in pairwise(reached))


@pytest.mark.parametrize("name", ["gmres_5", "bicgstab_5"])
def test_both_backends_agree(name):
    problem = _problem("rotation")
    (_, torch), (_, jax) = (_run(problem, name, backend) for backend in bench_core.BACKENDS)
    np.testing.assert_allclose(jax["w"], torch["w"], rtol=1e-9, atol=1e-11)


@pytest.mark.parametrize("backend", BACKENDS)
def test_where_krylov_pays_and_where_it_does_not(backend):
    """Equal products: on a symmetric map GMRES is nearer by far; on a rotation nothing is."""
    errors = {}
    for T in ("symmetric", "rotation"):
        problem = _problem(T, D=64)
        for name in ("gmres_10", "neumann_10"):
            m, got = _run(problem, name, backend)
            errors[T, name] = problem.error(got, m)
    assert errors["symmetric", "gmres_10"] < 0.2 * errors["symmetric", "neumann_10"]
    assert errors["rotation", "gmres_10"] > 0.5 * errors["rotation", "neumann_10"]


@pytest.mark.parametrize("name", ["gmres_20", "bicgstab_20"])
@pytest.mark.parametrize("backend", BACKENDS)
def test_products_beyond_the_answer_leave_it(name, backend):
    """Six dimensions are solved in six products, an eigenvector in one; a v of zeros in none."""
    problem = bench_core.problem("implicit", D=6, B=4, gamma=0.5, T="symmetric", seed=3)
    a = dict(problem.arrays)
    a["v"][1] = 0
    own = type(problem).from_arrays(a["A"], a["d"], a["v"], u=a["u"])
    m, got = _run(own, name, backend)
    assert own.error(got, m) < 1e-10
    assert not got["w"][1].any()
