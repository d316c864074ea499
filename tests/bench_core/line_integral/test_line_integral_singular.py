"""A Jacobian that is singular on the way of an inverse: one line that names the sample and the time, or of Newton's
method the step, from every method, and from the oracle.
"""

from __future__ import annotations

import numpy as np
import pytest

import bench_core
from bench_core.line_integral import LineIntegralProblem, SingularJacobian
from bench_core.line_integral._network import Network
from bench_core.line_integral._root import Root
from benchmarks.harness import outcome

B, GUILTY = 5, 3


def _scalar(W0: float, W1: float, small: float, large: float, J: str = "kronecker") -> LineIntegralProblem:
    """``J(x) = 1 + W1 tanh(W0 x)``, d = 1; the inverse of ``large`` for one sample and of ``small`` for the others."""
    y = np.full((B, 1), small)
    y[GUILTY] = large
    outputs = 2 if J == "kronecker" else 1
    parameters = {"W0": [[W0]], "b0": [0.0], "W1": [[W1], [0.0]][:outputs], "b1": [1.0, 1.0][:outputs]}
    return LineIntegralProblem.from_arrays(x=np.zeros((B, 1)), target=y, **parameters, J=J)


def _saturated(J: str = "kronecker") -> LineIntegralProblem:
    """``J = 1 - tanh(100 x)`` is zero to the last bit from x = 0.2 on, where a first step of 8 leads at once."""
    return _scalar(100.0, -1.0, 1e-3, 8.0, J)


def _crossed() -> LineIntegralProblem:
    """``J = 1 - 2 tanh(x)`` changes its sign: ``x - 2 log cosh x = t y`` has no solution from t = 0.262 / y on."""
    return _scalar(1.0, -2.0, 0.1, 1.0)


def _zero(J: str = "kronecker") -> LineIntegralProblem:
    """J = 0 everywhere; of a Kronecker product A = 0, B = I."""
    if J == "hessian":
        data = np.ones((B, 2))
        return LineIntegralProblem.from_arrays(
            data, data, np.ones((3, 2)), np.zeros(3), np.zeros((4, 3)), np.zeros(4), J
        )
    b1 = np.concatenate([np.zeros(4), np.eye(2).ravel()])
    data, nothing = np.ones((B, 4)), np.zeros((8, 2))
    return LineIntegralProblem.from_arrays(data, data, np.ones((2, 4)), np.zeros(2), nothing, b1, "kronecker")


def _flat(J: str) -> LineIntegralProblem:
    """``M = 10^4`` in every entry: ``M M^T + eps I`` is singular to float32."""
    data, nothing = np.ones((B, 2)), np.zeros((4, 2))
    return LineIntegralProblem.from_arrays(data, data, np.ones((2, 2)), np.zeros(2), nothing, np.full(4, 1e4), J)


def _inverses(backend: str, *names: str):
    """diffrax takes seconds to compile: one row is enough where nothing is slow."""
    for m in bench_core.methods("line_integral", backend):
        if m.name.startswith("inverse") and "cholesky" not in m.name:
            slow = backend == "jax" and m.iterative and m.name != "inverse_kronecker_dopri5"
            yield pytest.param(m, marks=pytest.mark.slow if slow else (), id=f"{backend}-{m.name}")


INVERSES = [*_inverses("torch"), *_inverses("jax")]


def _kind(m: bench_core.Method) -> str:
    """A kind of Jacobian that can be zero, which Newton's method takes where it is a Hessian."""
    return "hessian" if m.computes == "inverse_root" else "kronecker"


def _line(m: bench_core.Method, sample: int, t: float, step: int) -> str:
    where = f"step {step}" if m.computes == "inverse_root" else f"t = {t:.3g}"
    return f"{'dy/dx' if m.computes == 'inverse_root' else 'J(x)'} of sample {sample} is singular at {where}"


def _times(m: bench_core.Method) -> float:
    """Where J of the saturated problem is singular for this method: a stage, a node, or the end of all steps."""
    if m.computes == "inverse_rk4":
        return 1 / 16
    return 0.0277 if m.name == "inverse_as_printed" else np.log(2) / 800


def _fails(m: bench_core.Method, problem: LineIntegralProblem, dtype: str) -> str:
    """The line, as the harness would write it down."""
    kernel = m.build(problem, dtype=dtype)
    with pytest.raises(SingularJacobian, match=r"^[^\n]+ of sample \d is singular at [^\n]+$") as caught:
        kernel.to_numpy(kernel.run())
    kind, reason = outcome.of_exception(caught.value)
    assert kind == "error"
    assert reason == f"SingularJacobian: {caught.value}"
    return str(caught.value)


@pytest.mark.parametrize("m", INVERSES)
def test_a_kernel_names_the_sample_and_the_time(m, capfd):
    for dtype in ("float32", "float64") if m.backend == "torch" else ("float32",):
        assert _fails(m, _saturated(_kind(m)), dtype) == _line(m, GUILTY, _times(m), step=2)
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize("m", INVERSES)
def test_a_jacobian_that_is_zero_is_singular_at_the_start(m):
    start = 0.0053 if m.name == "inverse_as_printed" else 0
    assert _fails(m, _zero(_kind(m)), "float64") == _line(m, 0, start, step=1)


@pytest.mark.parametrize(
    "backend", [pytest.param("torch", marks=pytest.mark.slow), pytest.param("jax", marks=pytest.mark.slow)]
)
def test_steps_that_chatter_about_a_singular_jacobian_end(backend):
    """On both sides of it the flow leads back: the steps become as short as they may, and would never end."""
    m = bench_core.method("line_integral", "inverse_kronecker_dopri5", backend)
    assert _fails(m, _crossed(), "float64") == f"J(x) of sample {GUILTY} is singular at t = 0.262"


@pytest.mark.parametrize("backend", bench_core.BACKENDS)
def test_cholesky_and_newton_of_what_float32_cannot_invert(backend):
    problem = _flat("psd")
    m = bench_core.method("line_integral", "inverse_cholesky_rk4", backend)
    assert _fails(m, problem, "float32") == "J(x) of sample 0 is singular at t = 0"
    newton = bench_core.method("line_integral", "inverse_newton", backend)
    assert _fails(newton, problem, "float32") == "dy/dx of sample 0 is singular at step 1"


@pytest.mark.long
def test_the_oracle_says_the_same():
    rk4 = bench_core.method("line_integral", "inverse_lu_rk4", "torch")
    printed = bench_core.method("line_integral", "inverse_as_printed", "torch")
    guess = {"x": np.ones((B, 1))}
    with pytest.raises(SingularJacobian, match=rf"^J\(x\) of sample {GUILTY} is singular at t = 0.0625$"):
        _saturated().error(guess, rk4)
    for m, problem, t in ((printed, _saturated(), "0.000866"), (printed, _crossed(), "0.262")):
        with pytest.raises(SingularJacobian, match=rf"^J\(x\) of sample {GUILTY} is singular at t = {t}$"):
            problem.error(guess, m)
    # Fixed steps may jump over it to numbers that mean nothing: these are not taken for an inverse.
    with pytest.raises(SingularJacobian, match=rf"^J\(x\) of sample {GUILTY} is singular at t = 0.262$"):
        _crossed().quality(guess, rk4)


def test_an_inverse_that_exists_is_none_of_this():
    """A slope of 0.1 at the end is steep and no more."""
    problem = _scalar(1.0, -0.9, 0.1, 0.5)
    for name in ("inverse_lu_rk4", "inverse_lu_dopri5"):
        m = bench_core.method("line_integral", name, "torch")
        kernel = m.build(problem, dtype="float64")
        got = kernel.to_numpy(kernel.run())
        assert problem.error(got, m) < 1e-3
        assert problem.quality(got, m)["round_trip"] < 1e-3


def test_the_step_of_newtons_method_is_found_by_the_derivative_of_its_own_rule():
    """Where J is not the Jacobian of anything dy/dx is not J(x)."""
    problem = LineIntegralProblem(d=4, B=3, H=5, J="kronecker_psd", seed=2)
    arrays = problem.arrays
    root = Root(Network(arrays, problem.J), arrays["target"], Q=16)
    x, h = arrays["x"], 1e-6
    moves = h * np.eye(4)
    columns = [(root.integral(x + move) - root.integral(x - move)) / (2 * h) for move in moves]
    np.testing.assert_allclose(root.jacobian(x), np.stack(columns, axis=2), rtol=1e-7, atol=1e-8)


def test_a_search_that_ends_for_another_reason_is_not_called_singular():
    """``y = x - 2 log cosh x`` is 0.262 at most, where no step ends to the last bit."""
    m = bench_core.method("line_integral", "inverse_newton", "torch")
    kernel = m.build(_scalar(1.0, -2.0, 0.1, 1.0, "hessian"), dtype="float64")
    with pytest.raises(ValueError, match=r"^the search for a root ended without a result, after \d+ evaluations of J$"):
        kernel.to_numpy(kernel.run())
