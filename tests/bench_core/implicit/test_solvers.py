"""The corners of the iterative methods: what they cannot solve, they say."""

from __future__ import annotations

from types import SimpleNamespace

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import bench_core
from bench_core.implicit import ImplicitProblem
from bench_core.implicit.jax import gmres
from bench_core.implicit.settings import MOST, Stop

# Warm ones in JAX compile the last step's solver too: they have tests of their own.
SOLVERS = [
    m
    for b in bench_core.BACKENDS
    for m in bench_core.methods("implicit", b)
    if m.iterative and m.role == "method" and m.computes in ("parameter_gradient", *["warm_gradient"] * (b == "torch"))
]
FORWARD = [m for b in bench_core.BACKENDS for m in bench_core.methods("implicit", b) if m.computes == "fixed_point"]


def _name(m):
    return f"{m.backend}-{m.name}"


def _few(methods, others=pytest.mark.long):
    """JAX compiles for every size and tolerance, seconds for most: two solvers, the ``others`` marked so."""
    quick = ("neumann", "cg", "forward_picard")
    return [m if m.backend == "torch" or m.name in quick else pytest.param(m, marks=others) for m in methods]


def _run(m, problem, dtype="float64"):
    kernel = m.build(problem, dtype=dtype)
    return {name: np.array(array) for name, array in kernel.to_numpy(kernel.run()).items()}


def _own(A, v=None, tol=1e-6, B=3, d=None):
    """A layer given outright, at a fixed point that is given too."""
    D, rng = len(A), np.random.default_rng(1)
    u = 0.1 * rng.standard_normal((B, D))
    d = np.arctanh(u) - u @ A.T if d is None else d
    return ImplicitProblem.from_arrays(A, d, rng.standard_normal((B, D)) if v is None else v, u=u, tol=tol)


@pytest.mark.parametrize("m", _few(SOLVERS), ids=_name)
def test_zero_right_hand_side_is_zero_at_once(m):
    problem = bench_core.problem("implicit", D=8, B=3)
    v = problem.arrays["v"].copy()
    v[1] = 0
    kernel = m.build(problem, dtype="float64")

    def solve(v):
        """By one kernel: JAX compiles for every kernel."""
        a = problem.arrays
        kernel.refill(ImplicitProblem.from_arrays(a["A"], a["d"], v, u=a["u"]))
        return {name: np.array(array) for name, array in kernel.to_numpy(kernel.run()).items()}

    got = solve(v)
    assert not got["w"][1].any()
    assert np.isfinite(got["w"]).all()
    got = solve(np.zeros_like(v))
    assert not got["w"].any()
    assert not got["iterations"].any()
    assert not got["A"].any()


@pytest.mark.parametrize("m", _few(SOLVERS, pytest.mark.slow), ids=_name)
def test_samples_do_not_disturb_each_other(m):
    """A sample is frozen by its own residual: alone it takes as many iterations and gets the same answer."""
    if m.settings.get("whole"):
        pytest.skip("solves the batch as one system, which is its point")
    if m.computes == "warm_gradient":
        pytest.skip("starts from the w of the problem that it was built for")
    problem = bench_core.problem("implicit", D=24, B=4, gamma=0.9, T="symmetric", tol=1e-5, seed=6)
    a = dict(problem.arrays)
    # Right-hand sides that need different numbers of iterations: an eigenvector of A is solved in one.
    a["v"][0] = np.linalg.eigh(a["A"])[1][:, 0]
    together = _run(m, ImplicitProblem.from_arrays(a["A"], a["d"], a["v"], u=a["u"], tol=1e-5))
    singles = [
        ImplicitProblem.from_arrays(a["A"], *(a[n][i : i + 1] for n in "dv"), u=a["u"][i : i + 1], tol=1e-5)
        for i in range(4)
    ]
    # One kernel for all four: JAX compiles for every kernel.
    kernel = m.build(singles[0], dtype="float64")
    for i, single in enumerate(singles):
        kernel.refill(single)
        alone = {name: np.array(array) for name, array in kernel.to_numpy(kernel.run()).items()}
        assert alone["iterations"][0] == together["iterations"][i]
        # Batched products round differently, and the published recurrences square what rounding does.
        np.testing.assert_allclose(alone["w"][0], together["w"][i], rtol=1e-6, atol=1e-6)
    assert together["iterations"].min() < together["iterations"].max()


@pytest.mark.parametrize("m", _few(SOLVERS, pytest.mark.slow), ids=_name)
def test_a_tolerance_below_rounding_ends_where_the_format_does(m):
    """No row is wrong for what float64 cannot hold; what is worse than that is not converged."""
    problem = bench_core.problem("implicit", D=16, B=2, gamma=0.9, tol=1e-19)
    got = _run(m, problem)
    assert np.isfinite(got["w"]).all()
    fault = problem.fault(got, m, "float64")
    reached = problem.quality(got, m)["residual"]
    if fault:
        assert fault.startswith(f"not converged: residual {reached:.3g}")
        assert "tolerance 1e-19" in fault
        assert reached > 2e-16
    else:
        assert reached < 2e-15
    assert problem.fault(got | {"w": got["w"] * (1 + 1e-14)}, m, "float64").startswith("not converged: residual ")


@pytest.mark.parametrize("m", _few(SOLVERS), ids=_name)
def test_maps_that_do_not_contract(m):
    """Solved, or said not to be; never a number that is neither."""
    rng = np.random.default_rng(4)
    A = 3 * rng.standard_normal((8, 8)) / 8**0.5  # the others' sizes: what JAX has compiled for them serves here
    problem = _own(A)
    got = _run(m, problem)
    fault = problem.fault(got, m, "float64")
    if m.name == "neumann":
        assert fault.startswith("not converged")
    if m.name in ("gmres", "cg"):
        assert fault == ""
    if not fault:
        assert problem.error(got, m) < 1e-3


@pytest.mark.parametrize("m", _few(SOLVERS + FORWARD), ids=_name)
def test_data_that_are_no_numbers_end_at_once(m):
    problem = bench_core.problem("implicit", D=8, B=3)
    problem.masters["d"][1, 2] = np.nan
    got = _run(m, problem)
    with np.errstate(all="ignore"):
        assert problem.fault(got, m, "float64").startswith(("not converged: residual ", "not finite: "))
    # The other samples are solved all the same.
    assert got["iterations"][1] <= 2
    if not m.settings.get("whole"):
        assert np.isfinite(got["u" if m.computes == "fixed_point" else "w"][[0, 2]]).all()


def _smallest():
    """JAX compiles for each: the smallest, and the others where the slow tests run."""
    for m in SOLVERS + FORWARD:
        for D, B in ((1, 1), (9, 1), (1, 5), (2, 2)):
            slow = (D, B) != (1, 1) and (m.backend == "jax" or (D, B) != (9, 1))
            marks = pytest.mark.slow if slow else pytest.mark.long if m not in _few([m]) else ()
            yield pytest.param(m, {"D": D, "B": B}, marks=marks, id=f"{_name(m)}-{D}-{B}")


@pytest.mark.parametrize(("m", "sizes"), list(_smallest()))
def test_smallest_sizes(m, sizes):
    problem = bench_core.problem("implicit", **sizes, seed=1)
    assert problem.fault(_run(m, problem), m, "float64") == ""


@pytest.mark.long
@pytest.mark.parametrize("m", [m for m in SOLVERS if m.name == "gmres"], ids=_name)
def test_gmres_restarts_and_says_what_it_reached(m):
    """gamma = 0.99, rotation: eigenvalues all round the circle are the worst case of every Krylov method."""
    problem = bench_core.problem("implicit", D=200, B=4, gamma=0.99, T="rotation", tol=1e-6)
    got = _run(m, problem)
    assert got["iterations"].max() > 30
    assert problem.fault(got, m, "float64") == ""
    # Asked for what rounding does not allow, it comes as far as the format holds, by the oracle's own residual.
    strict = bench_core.problem("implicit", D=200, B=4, gamma=0.99, T="rotation", tol=1e-17)
    got = _run(m, strict)
    assert strict.fault(got, m, "float64") == ""
    assert 1e-17 < strict.quality(got, m)["residual"] < 1e-14


def test_jax_gmres_is_orthogonal_where_little_is_left(monkeypatch):
    """J^T is 0.999 but for 1e-7: once leaves vectors that are not orthogonal, and a third iteration too few."""
    D, rng = 40, np.random.default_rng(0)
    J = 0.999 * np.eye(D) + 1e-7 * rng.standard_normal((D, D))
    v = rng.standard_normal((3, D))

    def count() -> int:
        with jax.enable_x64():
            matrix = jnp.asarray(J)
            operator = SimpleNamespace(vjp=lambda w: w @ matrix)
            found = jax.jit(lambda v: gmres.gmres(operator, v, stop=Stop(1e-9, MOST)))(jnp.asarray(v))
            residual = np.asarray(v - found.w + found.w @ matrix)
        assert np.linalg.norm(residual, axis=1).max() < 1e-9 * np.linalg.norm(v, axis=1).max()
        return int(found.iterations.max())

    assert count() == 3
    monkeypatch.setattr(gmres, "CANCELLED", 0.0)
    assert count() > 3


@pytest.mark.parametrize("m", FORWARD, ids=_name)
def test_forward_solvers_find_the_fixed_point(m):
    problem = bench_core.problem("implicit", D=64, B=4, gamma=0.9, T="symmetric", tol=1e-9)
    got = _run(m, problem)
    assert problem.fault(got, m, "float64") == ""
    np.testing.assert_allclose(got["u"], problem.arrays["u"], atol=1e-6)


@pytest.mark.parametrize("backend", bench_core.BACKENDS)
def test_truncated_errors_fall_as_powers_of_gamma(backend):
    problem = bench_core.problem("implicit", D=32, B=8, gamma=0.5, T="symmetric")
    errors = {}
    for name in ("jfb", "neumann_1", "neumann_2", "neumann_5", "neumann_10"):
        m = bench_core.method("implicit", name, backend)
        got = _run(m, problem)
        errors[m.settings.get("k", 0)] = problem.error(got, m)
        assert problem.quality(got, m)["descent"] > 0
    for k, error in errors.items():
        assert error <= 2 * 0.5 ** (k + 1)
    assert list(errors.values()) == sorted(errors.values(), reverse=True)


@pytest.mark.parametrize("backend", bench_core.BACKENDS)
def test_shine_uses_the_forward_factors(backend):
    """Nearer to the gradient than leaving the Jacobian out, at no product; never much worse."""
    for gamma, factor in ((0.5, 1.0), (0.9, 1.1)):
        problem = bench_core.problem("implicit", D=64, B=16, gamma=gamma, T="symmetric")
        errors = {}
        for name in ("jfb", "shine"):
            m = bench_core.method("implicit", name, backend)
            errors[name] = problem.error(_run(m, problem), m)
        assert errors["shine"] < factor * errors["jfb"]


@pytest.mark.parametrize("backend", bench_core.BACKENDS)
def test_unrolled_gradients_converge_to_the_implicit_one(backend):
    problem = bench_core.problem("implicit", D=16, B=4, gamma=0.5)
    for name in ("unrolled_100", "unrolled_checkpointed_100"):
        m = bench_core.method("implicit", name, backend)
        assert problem.error(_run(m, problem), m) < 1e-6


@pytest.mark.parametrize("m", _few(SOLVERS + FORWARD), ids=_name)
def test_float32_holds_what_the_judge_asks_for(m):
    """A recurrence ends below the tolerance where the true residual is above: 1.05 to 1.16 of it here."""
    problem = bench_core.problem("implicit", D=64, B=64, gamma=0.9, T="symmetric", tol=1e-6)
    assert problem.fault(_run(m, problem, "float32"), m, "float32") == ""


@pytest.mark.parametrize("m", [m for m in SOLVERS if m.name in ("cg", "gmres", "bicgstab", "neumann")], ids=_name)
def test_a_solvers_residual_is_the_true_one(m):
    """Where float32 cannot hold the tolerance, it says what it has reached, and does not go on until the end."""
    problem = bench_core.problem("implicit", D=64, B=16, gamma=0.99, T="symmetric", tol=1e-7)
    kernel = m.build(problem)
    solution = m.function(kernel._operator, kernel._placed["v"], **kernel.settings)
    said = float(np.asarray(solution.residual).max())
    reached = problem.quality(kernel.to_numpy(kernel.run()), m)["residual"]
    assert said == pytest.approx(reached, rel=0.7)
    assert np.asarray(solution.iterations).max() < 2500


@pytest.mark.parametrize("m", [m for m in SOLVERS if m.settings.get("whole")], ids=_name)
@pytest.mark.parametrize("T", ["symmetric", "rotation"])
def test_the_batch_as_one_system_is_stopped_by_every_sample(m, T):
    """One that is a thousandth of the others, and harder: their slopes are nearly zero, and the batch is soon done."""
    of = bench_core.problem("implicit", D=32, B=8, gamma=0.9, T=T).arrays
    d, v = np.array(of["d"]), np.array(of["v"])
    d[0], d[1:], v[0] = 0.0, 3.0, 1e-3 * v[0]
    problem = ImplicitProblem.from_arrays(of["A"], d, v, tol=1e-6)
    got = _run(m, problem)
    assert problem.quality(got, m)["residual"] <= problem.tol * (1 + 1e-6)
    assert len(set(got["iterations"])) == 1


def test_a_stopping_rule_is_checked():
    assert Stop(1e-3).most == MOST
    for tol in (0, 1, -1, float("nan")):
        with pytest.raises(ValueError, match=r"is not a relative residual; allowed: 0 < tol < 1"):
            Stop(tol)
    for most in (0, 1.5, True):
        with pytest.raises(ValueError, match=r"is not a number of iterations; allowed: whole numbers from 1"):
            Stop(1e-3, most)
