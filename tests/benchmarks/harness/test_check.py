"""The judge of timed kernels finds those that remember, and lets every real one pass."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

import bench_core
from benchmarks.harness import check

SIZES = {
    "logdet": {"D": 6, "B": 4, "L": 2},
    "implicit": {"D": 6, "B": 3, "gamma": 0.5, "T": "symmetric"},
    "line_integral": {"d": 4, "B": 3, "H": 5, "J": "kronecker_psd"},
    "score": {"d": 4, "H": 5, "L": 2, "B": 6},
}
METHODS = [m for family in bench_core.FAMILIES for m in bench_core.methods(family, "torch")]
COMPILED = [m for family in bench_core.FAMILIES for m in bench_core.methods(family, "jax")]
# One of each family, and each way of holding data and results; the others take JAX a second or more each.
FEW = ("relative", "relative_step", "value_tracking", "jfb", "dense", "gauss_legendre_4", "psi", "curl_jvp_vjp")


def _name(m: bench_core.Method) -> str:
    return f"{m.family}-{m.backend}-{m.name}"


def _problem(m: bench_core.Method) -> Any:
    sizes = dict(SIZES[m.family])
    for name, values in m.declaration.only:
        if sizes[name] not in values:
            sizes[name] = values[0]
    return bench_core.problem(m.family, seed=4, **sizes)


def _judge(problem: Any, kernel: Any, m: bench_core.Method, *, long: bool = False) -> str:
    return check.judge_again(problem, problem.unseen(), kernel, m, "float32", long=long)[1]


def _build(m: bench_core.Method, problem: Any) -> Any:
    try:
        return m.build(problem)
    except bench_core.Unavailable as missing:
        pytest.skip(str(missing))


@pytest.mark.parametrize(
    "m",
    [
        *(pytest.param(m, marks=() if m.name in FEW else pytest.mark.long) for m in METHODS),
        *(pytest.param(m, marks=() if m.name in FEW else pytest.mark.slow) for m in COMPILED),
    ],
    ids=_name,
)
def test_real_kernels_pass(m):
    problem = _problem(m)
    kernel = _build(m, problem)
    kernel.wait(kernel.run())
    if m.in_place:
        kernel.reset(steady=True)
    for _ in range(3):
        kernel.run()
    assert _judge(problem, kernel, m) == ""


@pytest.mark.parametrize(
    "m",
    [pytest.param(m, marks=() if m.name in FEW else pytest.mark.long) for m in METHODS if m.reads_data and not m.exact],
    ids=_name,
)
def test_new_data_change_every_part_of_a_result(m):
    """Else a kernel that remembers one part would pass. (Of a single sample some parts may stay: ``kept``.)"""
    several = _problem(m)
    for problem in (several, bench_core.problem(m.family, seed=4, **several.sizes | {"B": 1})):
        kernel = _build(m, problem)
        before = {name: np.array(array) for name, array in kernel.to_numpy(kernel.run()).items()}
        kernel.refill(problem.unseen())
        after = kernel.to_numpy(kernel.run())
        for name in before:
            told = name != "iterations" and not (problem is not several and name in problem.kept)
            assert not told or not np.array_equal(before[name], after[name]), name
        assert _judge(problem, _build(m, problem), m) == ""


def _copied(out: Any) -> Any:
    """A result with arrays of its own."""
    if isinstance(out, dict):
        return {name: _copied(part) for name, part in out.items()}
    if isinstance(out, (list, tuple)):
        return type(out)(_copied(part) for part in out)
    return out.clone() if hasattr(out, "clone") else out.copy() if hasattr(out, "copy") else out


def _for_ever(call: Any, kernel: Any) -> Any:
    """The first call's result, whatever it is given."""
    kept: list[Any] = []

    def remember(*given: Any) -> Any:
        if not kept:
            kept.append(_copied(call(*given)))
        return _copied(kept[0])

    return remember


def _by_identity(call: Any, kernel: Any) -> Any:
    """The result is kept for as long as the same arrays of data come in."""
    kept: dict[tuple[int, ...], Any] = {}

    def remember(*given: Any) -> Any:
        key = tuple(id(kernel._placed[name]) for name in kernel._problem.data if name in kernel._placed)
        if key not in kept:
            kept[key] = _copied(call(*given))
        return _copied(kept[key])

    return remember


PLANTED = [
    *((b, "logdet", name) for b in bench_core.BACKENDS for name in ("relative", "relative_step")),
    *(("torch", "implicit", name) for name in ("dense", "jfb", "gmres")),
    ("jax", "implicit", "jfb"),
    *((b, "line_integral", "gauss_legendre_4") for b in bench_core.BACKENDS),
    ("torch", "line_integral", "inverse_lu_rk4"),
    *((b, "score", name) for b in bench_core.BACKENDS for name in ("psi_closed_form", "curl_jvp_vjp")),
]


@pytest.mark.parametrize("plant", [_for_ever, _by_identity])
@pytest.mark.parametrize(("backend", "family", "name"), PLANTED)
def test_a_kernel_that_remembers_is_found_out(backend, family, name, plant):
    m = bench_core.method(family, name, backend)
    problem = _problem(m)
    kernel = m.build(problem)
    kernel._call = plant(kernel._call, kernel)
    # It looks right before it is timed, and all the while.
    for _ in range(2):
        kernel.reset()
        arrays = kernel.to_numpy(kernel.run())
        assert check.judge(problem, arrays, m, "float32")[2] == ""
    kernel.reset(steady=True)
    kernel.run()
    for long in (True, False):
        fault = _judge(problem, kernel, m, long=long)
        assert fault
        assert "\n" not in fault
        if not m.exact:
            assert fault.endswith(" for other data: it remembers")


def _mixed(first: Any, other: Any) -> Any:
    """Mostly the first result."""
    if isinstance(first, dict):
        return {name: _mixed(part, other[name]) for name, part in first.items()}
    if isinstance(first, (list, tuple)):
        return type(first)(_mixed(*parts) for parts in zip(first, other, strict=True))
    return first + (other - first) * 1e-3 if first.dtype.is_floating_point else other


@pytest.mark.parametrize("name", ["neumann_10", "unrolled_10"])
def test_an_inexact_kernel_that_remembers_most_is_found_out(name):
    """Every part of its result changes."""
    m = bench_core.method("implicit", name, "torch")
    problem = _problem(m)
    kernel, kept = m.build(problem), []
    call = kernel._call

    def remember(*given: Any) -> Any:
        out = call(*given)
        kept.append(_copied(out))
        return _mixed(kept[0], out)

    kernel._call = remember
    kernel.wait(kernel.run())
    assert _judge(problem, kernel, m).endswith(" for the first: it remembers")


def test_a_kernel_that_goes_wrong_later_is_found_out():
    """Right at first, and not finite after some calls; an inexact one too, of which no error is asked."""
    for family, name in (("logdet", "relative"), ("implicit", "jfb")):
        m = bench_core.method(family, name, "torch")
        problem = _problem(m)
        kernel = m.build(problem)
        arrays = kernel.to_numpy(kernel.run())
        assert check.judge(problem, arrays, m, "float32")[2] == ""
        kernel._placed[problem.data[0] if family == "logdet" else "v"].fill_(float("nan"))
        assert _judge(problem, kernel, m).startswith("not finite: ")


# What no error is asked of, in each family, and one that is exact.
INEXACT = [
    ("implicit", "jfb"),
    ("implicit", "unrolled_10"),
    ("line_integral", "gauss_legendre_4"),
    ("line_integral", "trapezoid_16"),
    ("score", "psi"),
    ("score", "curl_jvp_vjp"),
    ("score", "curl_published"),
    ("logdet", "relative"),
]


@pytest.mark.parametrize("broken", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize(("family", "name"), INEXACT)
def test_a_result_that_is_not_finite_is_wrong_whatever_the_row(family, name, broken):
    m = bench_core.method(family, name, "torch")
    problem = _problem(m)
    kernel = m.build(problem)
    arrays = {key: np.array(array) for key, array in kernel.to_numpy(kernel.run()).items()}
    assert problem.fault(arrays, m, "float32") == ""
    for key in arrays:
        spoilt = {**arrays, key: arrays[key].copy()}
        spoilt[key].flat[-1] = broken
        assert problem.fault(spoilt, m, "float32") == f"not finite: {key}"
        error, _, fault = check.judge(problem, spoilt, m, "float32")
        assert fault == f"not finite: {key}"
        assert error == float("inf")


@pytest.mark.parametrize(("name", "calls"), [("dense", 1), ("jfb", 2)])
def test_a_long_call_is_made_as_rarely_as_can_be(name, calls):
    m = bench_core.method("implicit", name, "torch")
    problem = _problem(m)
    kernel, made = m.build(problem), []
    call = kernel._call
    kernel._call = lambda *given: made.append(1) or call(*given)
    assert _judge(problem, kernel, m, long=True) == ""
    assert len(made) == calls


@pytest.mark.long
@pytest.mark.parametrize("long", [False, pytest.param(True, marks=pytest.mark.slow)])
def test_a_session_finds_both_in_rows_that_have_no_tolerance(long, checkout, run_python, tmp_path):
    """A kernel whose result is not finite, and one that solves its first problem for ever; long calls as short."""
    if long:
        path = checkout / "benchmarks/harness/preparation.py"
        text = path.read_text(encoding="utf-8")
        assert "LONG_CALL_S = 1.0" in text
        path.write_text(text.replace("LONG_CALL_S = 1.0", "LONG_CALL_S = 0.0"), encoding="utf-8")
    for name, returns, planted in (
        ("jfb", "return Solution(v)", "return Solution(v * float('nan'))"),
        ("phantom", "return Solution(damping * w)", "return KEPT.setdefault(v.data_ptr(), Solution(damping * w))"),
    ):
        path = checkout / f"bench_core/implicit/torch/{name}.py"
        text = path.read_text(encoding="utf-8")
        assert returns in text
        path.write_text(text.replace(returns, planted) + "\n\nKEPT = {}\n", encoding="utf-8")
    rows = [word for row in ("neumann_1", "jfb", "phantom") for word in ("--method", row)]
    sizes = ("--family", "implicit", "--profile", "smoke", "D=8", "B=4")
    done = run_python("-m", "benchmarks", "cell", *rows, *sizes, cwd=checkout)
    assert done.returncode == 0, done.stderr
    (path,) = (tmp_path / "results").glob("*/sessions/*/*.session")
    found = json.loads(path.read_text(encoding="utf-8"))["rows"]
    assert found["neumann_1"]["outcome"] == "ok"
    assert found["neumann_1"]["measure"] == "reference"
    assert found["neumann_1"]["checked_again"]
    assert (found["jfb"]["outcome"], found["jfb"]["error"]) == ("wrong", None)
    assert found["jfb"]["reason"].startswith("not finite: ")
    assert found["phantom"]["outcome"] == "wrong"
    assert "the same w for other data: it remembers" in found["phantom"]["reason"]
    assert found["jfb"]["samples_s"] == found["phantom"]["samples_s"] == []


def test_new_data_are_asked_for_the_error_and_not_for_what_else_there_is_to_say(monkeypatch):
    m = bench_core.method("line_integral", "inverse_lu_rk4", "torch")
    problem = _problem(m)
    kernel, fresh = m.build(problem), problem.unseen()
    kernel.run()
    monkeypatch.setattr(type(fresh), "quality", lambda *_: pytest.fail("the ODE is solved to its end for nothing"))
    error, fault = check.judge_again(problem, fresh, kernel, m, "float32")
    assert (error < 1e-4, fault) == (True, "")
