"""What belongs to a kernel alone: its rule, its precision, its copy of a user's arrays."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import torch

import bench_core
from bench_core.line_integral import LineIntegralProblem, settings
from bench_core.line_integral.torch import _rule, _solve
from tests.bench_core.judges import line_integral as judge

FIXED = ("gauss_legendre_16", "trapezoid_16", "averaged_hidden_16", "psd_applied", "psd_formed", "inverse_as_printed")


def _arrays(kernel) -> dict[str, np.ndarray]:
    return {name: np.array(array) for name, array in kernel.to_numpy(kernel.run()).items()}


@pytest.mark.parametrize("name", FIXED)
def test_a_rule_is_made_once(name, monkeypatch):
    """Its nodes are an eigenproblem: 64 to 318 us in every call were more than half of a small one."""
    problem = LineIntegralProblem(d=2, B=3, H=4, J="free" if name == "averaged_hidden_16" else "psd")
    kernel = bench_core.method("line_integral", name, "torch").build(problem)
    first = _arrays(kernel)

    def refuse(*_):
        raise AssertionError("the rule is made again")

    monkeypatch.setattr(np.polynomial.legendre, "leggauss", refuse)
    monkeypatch.setattr(np, "linspace", refuse)
    again = _arrays(kernel)
    assert all(np.array_equal(again[n], array) for n, array in first.items())


@pytest.mark.parametrize("backend", bench_core.BACKENDS)
@pytest.mark.parametrize("name", ["trapezoid_16", "gauss_legendre_16"])
def test_a_target_that_is_nearly_reached_is_no_fault(name, backend):
    """y is within a hundredth of the target: in float32 its rounding is more than 1e-4 of their difference's."""
    problem = LineIntegralProblem(d=1, B=1, H=1, J="psd", seed=2168741)
    method = bench_core.method("line_integral", name, backend)
    got = _arrays(method.build(problem, dtype="float32"))
    left = got["y"] - problem.arrays["target"]
    assert np.linalg.norm(left) < 0.01 * np.linalg.norm(got["y"])
    assert judge.error(problem, got, method) <= method.tolerance("float32")
    # But not what is wrong by a hundredth of y.
    assert judge.error(problem, got | {"y": 1.01 * got["y"]}, method) > 5e-3


def test_a_rule_that_inference_mode_made_still_serves_a_gradient():
    _rule._placed.cache_clear()
    with torch.inference_mode():
        t, w = _rule.rule("gauss_legendre", 16, torch.zeros(1))
    assert not t.is_inference()
    assert not w.is_inference()
    problem = LineIntegralProblem(d=2, B=3, H=4)
    m = bench_core.method("line_integral", "gauss_legendre_16", "torch")
    assert problem.error(_arrays(m.build(problem)), m) < 1e-4


def test_rules_are_kept_by_dtype():
    for dtype in (torch.float32, torch.float64):
        t, w = _rule.rule("trapezoid", 5, torch.zeros(1, dtype=dtype))
        assert t.dtype == w.dtype == dtype
        np.testing.assert_allclose(t[:, 0].numpy(), np.linspace(0, 1, 5))
        np.testing.assert_allclose(w[:, 0].numpy(), [1 / 8, 1 / 4, 1 / 4, 1 / 4, 1 / 8])


def test_constants_are_those_of_the_device():
    for computes in ("integral", "inverse_root"):
        assert settings.chunk("cuda", computes) > settings.chunk("cpu", computes)
    threads = torch.get_num_threads()
    try:
        for number, expected in ((1, False), (2, True)):
            torch.set_num_threads(number)
            assert _solve.alone(torch.zeros(2, 300, 300)) is expected
            assert not _solve.alone(torch.zeros(2, 300, 300, device="meta"))
            assert not _solve.alone(torch.zeros(2, 8, 8))
    finally:
        torch.set_num_threads(threads)


@pytest.mark.long
@pytest.mark.parametrize(
    "name",
    [
        "gauss_legendre_8",
        "dopri5_direct_0.001",
        pytest.param("dopri5_adjoint_0.001", marks=pytest.mark.slow),
        pytest.param("inverse_lu_dopri5", marks=pytest.mark.slow),
    ],
)
def test_a_precision_is_the_kernels_own(name):
    """Where the user has switched x64 on, float32 rows computed and answered in float64; and one float64 kernel made
    float64 of the user's later arrays.
    """
    problem = LineIntegralProblem(d=2, B=3, H=4)
    m = bench_core.method("line_integral", name, "jax")
    with jax.enable_x64(True):
        kernel = m.build(problem, dtype="float32")
        out = kernel.run()
        assert {a.dtype for n, a in out.items() if n != "evaluations"} == {jnp.dtype("float32")}
        assert jnp.ones(3).dtype == jnp.float64
    assert {array.dtype for array in _arrays(kernel).values()} == {np.dtype("float32")}


def test_a_float64_kernel_leaves_the_switch_as_it_was():
    problem = LineIntegralProblem(d=2, B=3, H=4)
    kernel = bench_core.method("line_integral", "gauss_legendre_8", "jax").build(problem, dtype="float64")
    assert jnp.ones(3).dtype == jnp.float32
    assert all(array.dtype == np.float64 for array in _arrays(kernel).values())
    assert jnp.ones(3).dtype == jnp.float32


def test_a_users_arrays_are_taken_by_value():
    """Parameters of a module, arrays that may not be written, and one that is changed afterwards."""
    p = LineIntegralProblem(d=2, B=3, H=4)
    own = {name: np.array(array) for name, array in p.arrays.items()}
    given: dict[str, Any] = dict(own)
    given["W0"] = torch.nn.Parameter(torch.from_numpy(own["W0"].copy()))
    given["b0"] = own["b0"].copy()
    given["b0"].flags.writeable = False
    given["W1"] = own["W1"].copy()
    problem = LineIntegralProblem.from_arrays(**given, J="psd")
    for backend in bench_core.BACKENDS:
        m = bench_core.method("line_integral", "gauss_legendre_16", backend)
        kernel = m.build(problem, dtype="float64")
        first = _arrays(kernel)
        given["W1"] *= 2
        given["W0"].data.zero_()
        assert all(np.array_equal(_arrays(kernel)[name], array) for name, array in first.items())
        assert problem.error(first, m) == pytest.approx(p.error(first, m))
        assert not given["b0"].flags.writeable


@pytest.mark.long
@pytest.mark.parametrize(
    "name",
    [
        "dopri5_direct_1e-06",
        pytest.param("dopri5_per_sample_1e-06", marks=pytest.mark.slow),
        "inverse_lu_dopri5",
    ],
)
def test_diffrax_keeps_no_more_states_than_steps_are_taken(name):
    """Left alone it allocates and carries 90 of them, sized by the steps after which it gives up."""
    problem = LineIntegralProblem(d=3, B=5, H=4)
    m = bench_core.method("line_integral", name, "jax")
    given = {n: jnp.asarray(a, jnp.float32) for n, a in problem.masters.items()}
    data = [given.pop("x"), given.pop("target")][m.computes != "integral" :]
    jaxpr = str(jax.make_jaxpr(lambda *data: m.function(*data, given, problem.J, **m.settings))(*data))
    assert "f32[90," not in jaxpr
    assert ("f32[24,5,3]" in jaxpr or "f32[5,24,1,3]" in jaxpr) == (m.computes == "integral")
