"""Line integrals: what is refused, what equals what, and how few evaluations are enough."""

from __future__ import annotations

import importlib

import numpy as np
import pytest

import bench_core
from bench_core.line_integral import LineIntegralProblem, settings


def _run(problem, name: str, backend: str, dtype: str = "float64"):
    m = bench_core.method("line_integral", name, backend)
    kernel = m.build(problem, dtype=dtype)
    out = kernel.run()
    kernel.wait(out)
    return m, kernel.to_numpy(out), kernel.iterations(out)


def _same(a: dict[str, np.ndarray], b: dict[str, np.ndarray]) -> float:
    assert a.keys() == b.keys()
    return np.max([np.linalg.norm(a[name] - b[name]) / np.linalg.norm(b[name]) for name in a])


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: LineIntegralProblem(d=0), "d = 0 is not a size; allowed: whole numbers from 1"),
        (lambda: LineIntegralProblem(J="relu"), "unknown Jacobian J 'relu'; allowed: free, tanh, psd"),
        (lambda: LineIntegralProblem(d=5, J="kronecker"), "d = 5 with J = 'kronecker' has no square factors"),
        (lambda: LineIntegralProblem(seed=-1), "seed = -1 is not a seed"),
        (
            lambda: LineIntegralProblem.from_arrays(
                np.ones((2, 3)), np.ones((2, 3)), np.ones((4, 3)), np.ones(4), np.ones((8, 4)), np.ones(9), "psd"
            ),
            "W1 has shape (8, 4); allowed: (9, 4)",
        ),
    ],
)
def test_bad_input_is_one_line(call, says):
    with pytest.raises(ValueError, match="allowed") as caught:
        call()
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_method_for_another_jacobian_is_unavailable():
    problem = LineIntegralProblem(d=4, J="tanh")
    with pytest.raises(bench_core.Unavailable, match=r"psd_applied is for J = psd; here .*tanh"):
        bench_core.method("line_integral", "psd_applied", "torch").build(problem)
    with pytest.raises(bench_core.Unavailable, match=r"for J = kronecker or kronecker_psd; here .*tanh"):
        bench_core.method("line_integral", "inverse_kronecker_rk4", "torch").build(problem)


@pytest.mark.parametrize("backend", ["torch", pytest.param("jax", marks=pytest.mark.long)])
@pytest.mark.parametrize(
    ("J", "names"),
    [
        ("psd", ("gauss_legendre_16", "psd_applied", "psd_formed")),
        ("kronecker", ("gauss_legendre_16", "kronecker", "kronecker_formed")),
        ("free", ("gauss_legendre_16", "averaged_hidden_16")),
        ("psd", ("inverse_lu_rk4", "inverse_cholesky_rk4")),
        ("kronecker_psd", ("inverse_lu_rk4", "inverse_cholesky_rk4", "inverse_kronecker_rk4")),
        ("kronecker", ("inverse_lu_rk4", "inverse_kronecker_rk4")),
    ],
)
def test_two_ways_give_the_same_numbers(backend, J, names):
    problem = LineIntegralProblem(d=9, B=5, H=6, J=J, seed=3)
    first, *others = (_run(problem, name, backend)[1] for name in names)
    for other in others:
        assert _same(other, first) < 1e-11


@pytest.mark.parametrize("backend", bench_core.BACKENDS)
def test_chunks_change_nothing(backend, monkeypatch):
    """A few samples at a time, the last chunk smaller where the batch does not divide."""
    module = importlib.import_module(f"bench_core.line_integral.{backend}._quadrature")
    held, network = [], module.network

    def watch(points, parameters):
        held.append(len(points))
        return network(points, parameters)

    monkeypatch.setattr(module, "network", watch)
    # Numbers at a node: d^2 outputs, or the 2d outputs of two factors that are multiplied out.
    for J, name, Q in (("tanh", "gauss_legendre_8", 8), ("kronecker", "kronecker_formed", 16)):
        problem = LineIntegralProblem(d=4, B=6, H=5, J=J, seed=1)
        monkeypatch.setitem(settings.CHUNK, "cpu", 1 << 22)
        held.clear()
        whole = _run(problem, name, backend)[1]
        assert max(held) == problem.B * Q
        monkeypatch.setitem(settings.CHUNK, "cpu", 16 * Q * 4)
        held.clear()
        assert _same(_run(problem, name, backend)[1], whole) < 1e-13
        assert 0 < max(held) <= 4 * Q


@pytest.mark.parametrize("backend", ["torch", pytest.param("jax", marks=pytest.mark.slow)])
@pytest.mark.parametrize("J", ["tanh", "psd"])
def test_quadrature_needs_a_third_of_the_adaptive_evaluations(backend, J):
    """To an error of 1e-7 at d = 8, B = 64, gradients included."""
    problem = LineIntegralProblem(d=8, B=64, H=64, J=J)
    fixed, adaptive = {}, {}
    for Q in (4, 8, 16, 32):
        m, got, _ = _run(problem, f"gauss_legendre_{Q}", backend)
        fixed[Q] = problem.error(got, m)
    for tol in ("0.001", "1e-06", "1e-09"):
        m, got, evaluations = _run(problem, f"dopri5_direct_{tol}", backend)
        adaptive[evaluations] = problem.error(got, m)
    needed = min(Q for Q, error in fixed.items() if error <= 1e-7)
    assert needed <= min(n for n, error in adaptive.items() if error <= 1e-7) / 3, (fixed, adaptive)


@pytest.mark.parametrize("backend", bench_core.BACKENDS)
def test_kronecker_inverse_of_a_large_jacobian(backend):
    problem = LineIntegralProblem(d=1024, B=2, H=16, J="kronecker_psd")
    m, got, _ = _run(problem, "inverse_kronecker_rk4", backend)
    assert problem.error(got, m) <= 1e-10


@pytest.mark.parametrize("backend", bench_core.BACKENDS)
def test_the_printed_inverse_is_wrong_and_the_ode_is_right(backend):
    """d = 1, where every J is the derivative of something: the round trip is the truth."""
    problem = LineIntegralProblem(d=1, B=16, H=8, J="psd", seed=2)
    m, right, _ = _run(problem, "inverse_lu_dopri5", backend)
    assert problem.quality(right, m)["round_trip"] < 1e-4
    m, wrong, _ = _run(problem, "inverse_as_printed", backend)
    assert problem.quality(wrong, m)["round_trip"] > 1e-2


def test_in_more_dimensions_the_result_depends_on_the_path():
    problem = LineIntegralProblem(d=4, B=16, H=8, J="psd", seed=2)
    m, got, _ = _run(problem, "inverse_lu_dopri5", "torch")
    quality = problem.quality(got, m)
    # The ODE is solved, and yet it is not the inverse of the integral along straight paths.
    assert quality["path_error"] < 1e-3
    assert quality["round_trip"] > 10 * quality["path_error"]


def test_results_of_the_wrong_name_or_shape_are_refused():
    problem, m = LineIntegralProblem(d=2, B=3), bench_core.method("line_integral", "inverse_lu_rk4", "torch")
    with pytest.raises(ValueError, match=r"results named \['y'\]; missing: x"):
        problem.error({"y": np.ones((3, 2))}, m)
    with pytest.raises(ValueError, match=r"result x has shape \(2, 3\); allowed: \(3, 2\)"):
        problem.error({"x": np.ones((2, 3))}, m)
    assert problem.error({"x": np.full((3, 2), np.nan)}, m) == float("inf")


@pytest.mark.long
@pytest.mark.parametrize("J", ["kronecker", "kronecker_psd"])
def test_factors_of_a_batch_do_not_wait_for_each_other(run_python, J):
    """Two batched calls of LAPACK at once wait for each other where XLA's pool has two threads."""
    code = (
        "import bench_core; from bench_core.backends import jax; jax.configure(2); "
        f"problem = bench_core.problem('line_integral', d=576, B=64, H=64, J={J!r}); "
        "kernel = bench_core.method('line_integral', 'inverse_kronecker_rk4', 'jax').build(problem, dtype='float64'); "
        "[kernel.wait(kernel.run()) for _ in range(3)]"
    )
    done = run_python("-c", code, timeout=60)
    assert done.returncode == 0, done.stderr
