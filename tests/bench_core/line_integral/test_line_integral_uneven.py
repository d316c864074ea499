"""One hard sample among easy ones: who controls whose error."""

from __future__ import annotations

import numpy as np
import pytest

import bench_core
from bench_core.line_integral import LineIntegralProblem
from bench_core.line_integral.problem import FAR
from bench_core.line_integral.torch._steps import take_steps
from tests.bench_core.aten import Count

EASY = 2047


def _run(problem, name, backend="torch"):
    m = bench_core.method("line_integral", name, backend)
    kernel = m.build(problem, dtype="float64")
    out = kernel.run()
    return m, {name: np.array(a) for name, a in kernel.to_numpy(out).items()}, kernel.iterations(out)


def _alone(problem):
    """The hard sample by itself."""
    arrays = dict(problem.arrays)
    x, target = (arrays.pop(name)[-1:] for name in ("x", "target"))
    return LineIntegralProblem.from_arrays(x, target, **arrays, J="uneven")


def test_the_last_sample_is_the_hard_one_and_stays_it():
    free, uneven = (LineIntegralProblem(d=4, B=5, H=6, J=J, seed=3) for J in ("free", "uneven"))
    for name, array in free.arrays.items():
        far = np.array([1, 1, 1, 1, FAR])[:, None] if name == "x" else 1
        np.testing.assert_array_equal(uneven.arrays[name], far * array)
    lengths = np.linalg.norm(uneven.unseen().arrays["x"], axis=1)
    np.testing.assert_array_equal(lengths, np.linalg.norm(uneven.arrays["x"], axis=1))
    assert not np.array_equal(uneven.unseen().arrays["x"], uneven.arrays["x"])


def test_the_mean_of_a_batch_lets_the_hard_sample_off():
    """At 1e-3 the batch errs on it by more, and by many times what it errs alone; its own control does not, at less
    work.
    """
    problem = LineIntegralProblem(d=10, B=EASY + 1, H=64, J="uneven")
    single = _alone(problem)
    want, errors, taken, told = single.oracle.integral["y"][0], [], [], []
    for name, posed in (
        ("dopri5_direct_0.001", problem),
        ("dopri5_per_sample_0.001", problem),
        ("dopri5_direct_0.001", single),
    ):
        m, got, n = _run(posed, name)
        errors.append(np.linalg.norm(got["y"][-1] - want) / np.linalg.norm(want))
        taken.append(n)
        told.append(posed.quality(got, m))
    batch, own, alone = errors
    assert batch > 10 * alone
    assert batch > 1e-3 > 3 * own
    assert taken[1] < taken[0]
    # Of all samples' errors the worst is told and the hard one's, in the tolerance's own units.
    assert told[0]["sample_error"] > told[1]["sample_error"]
    assert told[2]["sample_error"] == told[2]["hard_error"]
    length = np.linalg.norm(want)
    assert [each["hard_error"] for each in told] == pytest.approx(np.array(errors) * length / (10**0.5 + length))


@pytest.mark.parametrize("tol", [1e-3, 1e-6])
@pytest.mark.parametrize("backend", ["torch", pytest.param("jax", marks=pytest.mark.slow)])
def test_a_sample_takes_the_steps_that_it_takes_alone(backend, tol):
    """What is told of the hard one in a batch is what it errs alone."""
    problem = LineIntegralProblem(d=3, B=6, H=8, J="uneven", seed=2)
    m, together, _ = _run(problem, f"dopri5_per_sample_{tol:g}", backend)
    _, alone, _ = _run(single := _alone(problem), f"dopri5_per_sample_{tol:g}", backend)
    np.testing.assert_allclose(together["y"][-1], alone["y"][0], rtol=1e-12)
    told = problem.quality(together, m)["hard_error"], single.quality(alone, m)["sample_error"]
    assert told[0] == pytest.approx(told[1], rel=1e-6)


@pytest.mark.slow
def test_both_backends_hold_every_sample_to_the_tolerance():
    problem = LineIntegralProblem(d=4, B=32, H=16, J="uneven", seed=4)
    for backend in bench_core.BACKENDS:
        m, got, n = _run(problem, "dopri5_per_sample_1e-06", backend)
        assert problem.quality(got, m)["sample_error"] < 1e-4
        assert problem.error(got, m) < 1e-4
        assert n > 10


@pytest.mark.long
def test_steps_that_do_not_end_are_no_result(monkeypatch):
    problem = LineIntegralProblem(d=2, B=3, H=4, J="uneven")
    problem.masters["W0"][:] = np.float32(np.nan)
    with pytest.raises(ValueError, match=r"^adaptive steps ended without a result, after \d+ evaluations of J$"):
        _run(problem, "dopri5_per_sample_0.001")


def test_steps_make_up_the_path_of_every_sample():
    import torch

    x = torch.tensor([[1.0], [40.0]], dtype=torch.float64)
    steps = take_steps(lambda t, rows: torch.cos(t[:, None] * x[rows]) * x[rows], x, 1e-6)
    np.testing.assert_allclose(steps.y.numpy(), np.sin(x.numpy()), atol=1e-4)
    for row in range(2):
        mine = steps.rows == row
        ends = steps.starts[mine] + steps.lengths[mine]
        np.testing.assert_allclose(steps.starts[mine][1:], ends[:-1], atol=1e-15)
        assert steps.starts[mine][0] == 0
        assert float(ends[-1]) == pytest.approx(1, abs=1e-14)
    assert (steps.rows == 1).sum() > 3 * (steps.rows == 0).sum()


def test_the_rule_of_steps_has_a_node_where_two_meet_once():
    import torch

    x = torch.tensor([[1.0], [40.0]], dtype=torch.float64)
    steps = take_steps(lambda t, rows: torch.cos(t[:, None] * x[rows]) * x[rows], x, 1e-6)
    rows, t, w = steps.rule()
    assert len(t) == 4 * len(steps.rows) + len(x)
    for row in range(2):
        mine = rows == row
        assert len(t[mine].unique()) == mine.sum()
        assert float(w[mine].sum()) == pytest.approx(1, abs=1e-14)
        got = float((w[mine] * torch.cos(t[mine] * x[row]) * x[row]).sum())
        assert got == pytest.approx(float(steps.y[row]), rel=1e-12)


def test_an_accepted_step_is_taken_back_at_four_nodes():
    """None is rejected of this sample: the way back evaluates as often as the way forward."""
    problem = LineIntegralProblem(d=6, B=1, H=32, J="psd", seed=1)
    m = bench_core.method("line_integral", "dopri5_per_sample_0.001", "torch")
    kernel = m.build(problem, dtype="float64")
    with Count() as count:
        n = kernel.iterations(kernel.run())
    assert count.product_flops == pytest.approx(m.cost(problem, "float64", n).flops, rel=0.01)


@pytest.mark.long
@pytest.mark.parametrize(
    "name", ["dopri5_direct_0.001", pytest.param("dopri5_per_sample_0.001", marks=pytest.mark.slow)]
)
def test_diffrax_evaluates_as_often_as_the_formula_says(name, monkeypatch):
    """A step again on the way back, and each of its stages once more."""
    import jax

    from bench_core.line_integral.jax import _dopri5

    calls, network = [], _dopri5.network

    def watch(x, parameters):
        jax.debug.callback(lambda: calls.append(1))
        return network(x, parameters)

    monkeypatch.setattr(_dopri5, "network", watch)
    p = LineIntegralProblem(d=2, B=3, H=4, J="free")
    m = bench_core.method("line_integral", name, "jax")
    kernel = m.build(p)
    n = kernel.iterations(kernel.run())
    jax.effects_barrier()
    assert len(calls) == 3 * n - 3
    # One of the two evaluations to begin has no gradient.
    once, back = 2 * p.B * (p.d * p.H + p.H * p.outputs + p.d**2), 2 * p.B * (p.d * p.H + 2 * p.H * p.outputs + p.d**2)
    assert m.cost(p, "float32", n).flops == len(calls) * once + (n - 1) * back
