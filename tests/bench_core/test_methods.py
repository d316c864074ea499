"""Every method of every family and backend against an independent float64 judge; a new method joins by being listed."""

from __future__ import annotations

import inspect

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import bench_core
from tests.bench_core import hlo, judges
from tests.bench_core.aten import Count
from tests.examples import THOROUGH, examples

METHODS = [m for f in bench_core.FAMILIES for b in bench_core.BACKENDS for m in bench_core.methods(f, b)]
# In JAX some rows are one program but for a number, and take seconds to compile: one or two of each are enough.
TWINS = {"tol": (1e-3, 1e-9), "Q": (8, 32, 64, 256)}
# Of rows that turn more or less often two are enough without the slow tests.
AGAIN = {"k": (1, 10, 20), "K": (30, 300, 1000)}
BUILT = [m for m in METHODS if m.backend == "torch" or not any(m.settings.get(name) in TWINS[name] for name in TWINS)]


def _is_long(m: bench_core.Method) -> bool:
    """Rows that JAX takes seconds to compile: diffrax's, GMRES and what starts warm, which have tests of their own, and
    of those that differ in how often they turn all but one or two.
    """
    if m.declaration.kernel in ("gmres_k", "bicgstab_k", "curl_probes"):
        return m.name not in ("bicgstab_5", "curl_rademacher_4")
    again = any(m.settings.get(name) in AGAIN[name] for name in AGAIN)
    return "dopri5" in m.name or "gmres" in m.name or m.computes == "warm_gradient" or again


def _lasts(m: bench_core.Method) -> bool:
    """Rows of which torch makes a thousand small calls and more, where others of their kernel make a tenth."""
    return m.settings.get("K") == 1000 or m.name == "dopri5_adjoint_1e-09"


def _mark(rows, others=pytest.mark.slow):
    """Of rows (method, ...): in JAX, which compiles, the first of each answer and those that carry something from call
    to call are quick; the others have the mark ``others``, and are slow where they are long. In torch those that last
    are long.
    """
    seen, marked = set(), []
    for row in rows:
        m = row[0]
        quick = m.backend == "torch" or m.in_place or (m.family, m.computes) not in seen
        if m.backend == "jax":
            seen.add((m.family, m.computes))
        slow = m.backend == "jax" and _is_long(m)
        last = pytest.mark.long if m.backend == "torch" and _lasts(m) else ()
        marked.append(pytest.param(*row, marks=pytest.mark.slow if slow else last if quick else others))
    return marked


def _each_answer(methods: list[bench_core.Method]):
    """What a family's kernels have from their base."""
    return _mark([(m,) for m in methods])


# Methods that share a kernel and differ in how often it turns: the short ones are enough.
ANSWERS = [m for m in BUILT if m.role == "method" and m.settings.get("K", 0) <= 30]


def _name(m: bench_core.Method) -> str:
    return f"{m.family}-{m.backend}-{m.name}"


def _build(m: bench_core.Method, problem, dtype: str = "float32"):
    try:
        return m.build(problem, dtype=dtype)
    except bench_core.Unavailable as missing:
        pytest.skip(str(missing))


def _result(m: bench_core.Method, problem, dtype: str):
    kernel = m.build(problem, dtype=dtype)
    out = kernel.run()
    kernel.wait(out)
    return kernel.to_numpy(out)


@pytest.mark.parametrize("m", _mark([(m,) for m in ANSWERS], pytest.mark.long), ids=_name)
def test_right_to_rounding(m):
    """The error against the judge: exact methods, and truncated ones against the judge's own truncation."""
    judge = judges.of(m.family)
    number = judge.EXAMPLES[m.backend]
    both = ("float64",) if m.iterative else ("float64", "float32")
    corners = [{"sizes": sizes, "seed": 3} for sizes in judge.corners(m)]
    # JAX compiles for every size and precision, which takes a third of a second: the second corner, which has several
    # layers, in float64 and others in float32, without the slow tests.
    few = m.backend == "jax" and not THOROUGH

    def check(sizes, seed):
        problem = bench_core.problem(m.family, seed=seed, **sizes)
        for dtype in both if not few else both[:1] if sizes == corners[1]["sizes"] else both[-1:]:
            got = _result(m, problem, dtype)
            assert all(a.dtype == dtype for name, a in got.items() if name != "iterations")
            error = judge.error(problem, got, m)
            if error is not None:
                assert error <= m.tolerance(dtype)
            if m.exact and not m.iterative:
                assert problem.error(got, m) <= m.tolerance(dtype)

    drawn = given(sizes=judge.sizes(m), seed=st.integers(0, 2**32 - 1))(check)
    for corner in corners[1 if few else 0 : 2]:
        drawn = example(**corner)(drawn)
    settings(max_examples=examples(quick=-(-number // 6), thorough=2 * number))(drawn)()


@pytest.mark.parametrize("m", METHODS, ids=_name)
def test_docstring_says_what_a_reader_needs(m):
    try:
        text = inspect.getdoc(m.function) or ""
    except bench_core.Unavailable as missing:
        pytest.skip(str(missing))
    for needed in ("Cost", "Raises", "Source"):
        assert needed in text, f"{m.function.__module__} does not say {needed}"
    assert any(shape in text for shape in ("(B, D)", "(D, D)", "(B, d)"))
    assert m.source


@pytest.mark.parametrize("m", METHODS, ids=_name)
def test_bad_input_is_one_line(m):
    """Refused before anything is built: the line names what was given and what is allowed."""
    problem = bench_core.problem(m.family, **judges.of(m.family).room(m))
    other = bench_core.problem(next(family for family in bench_core.FAMILIES if family != m.family))
    refused = {
        "unknown device 'tpu'; allowed: cpu, cuda": lambda: m.build(problem, device="tpu"),
        "unknown dtype 'float16'; allowed: float32, float64": lambda: m.build(problem, dtype="float16"),
        f"unknown form on cpu 'interpreted'; allowed: {', '.join(m.forms_on('cpu'))}": lambda: m.build(
            problem, form="interpreted"
        ),
        f"problem of family {other.family!r} given to {m.family} method {m.name!r}": lambda: m.build(other),
        "results named []; ": lambda: problem.error({}, m),
        "unknown dtype 'half'; allowed: float32, float64": lambda: m.cost(problem, "half"),
    }
    for says, call in refused.items():
        with pytest.raises(ValueError, match=r"^[^\n]+$") as caught:
            call()
        assert says in str(caught.value)


@pytest.mark.parametrize("m", _each_answer([m for m in BUILT if m.role != "peer"]), ids=_name)
def test_all_methods_of_a_problem_share_its_weights(m):
    """At D = 20,000 a second copy of a D x D matrix would cost 1.6 GB."""
    if m.in_place:
        pytest.skip("overwrites its weights: must have its own")
    problem = bench_core.problem(m.family, **judges.of(m.family).room(m))
    name, held = judges.of(m.family).placed(_build(m, problem))
    pointer = held.data_ptr() if m.backend == "torch" else held.unsafe_buffer_pointer()
    # Another model's weights are its factors, which all its kernels share.
    source = problem.factors if m.computes == "factors" else problem
    assert pointer == source.masters[name].ctypes.data


@pytest.mark.parametrize("m", _each_answer(BUILT), ids=_name)
def test_kernels_run_again_with_the_same_answer(m):
    """In-place methods stay finite over many calls, near their start when steady; after ``reset`` they start anew."""
    problem = bench_core.problem(m.family, seed=2, **judges.of(m.family).room(m))
    before = {name: array.copy() for name, array in problem.arrays.items()}
    kernel = _build(m, problem, "float64")
    first = {name: np.array(a) for name, a in kernel.to_numpy(kernel.run()).items()}
    kernel.reset(steady=True)
    # Solvers and long unrolled passes take as long as hundreds of the others, which keep nothing unless in place.
    for _ in range(3 if m.iterative or "K" in m.settings else 500 if m.in_place or THOROUGH else 20):
        out = kernel.run()
    kernel.wait(out)
    late = kernel.to_numpy(out)
    assert all(np.isfinite(a).all() for a in late.values())
    if m.in_place:
        for name in ("W0", "b1"):
            assert np.linalg.norm(late[name] - before[name]) < 0.05 * np.linalg.norm(before[name])
    kernel.reset()
    again = kernel.to_numpy(kernel.run())
    for name, array in first.items():
        np.testing.assert_allclose(again[name], array, rtol=1e-12, atol=1e-14)
    # Nothing has touched the problem itself.
    assert all(np.array_equal(problem.arrays[name], array) for name, array in before.items())


COSTED = [(m, sizes) for m in BUILT if judges.of(m.family).costed(m) for sizes in judges.of(m.family).COSTED]
# In JAX at the first sizes; at the others slow.
COSTED = [
    *_mark([(m, sizes) for m, sizes in COSTED if sizes == judges.of(m.family).COSTED[0]], pytest.mark.long),
    *(
        pytest.param(m, sizes, marks=() if m.backend == "torch" else pytest.mark.slow)
        for m, sizes in COSTED
        if sizes != judges.of(m.family).COSTED[0]
    ),
]


@pytest.mark.parametrize(("m", "sizes"), COSTED, ids=lambda given: _name(given) if hasattr(given, "family") else "")
def test_executes_what_the_formula_says(m, sizes):
    """ATen operations of the torch kernels, the compiled HLO of the JAX kernels.

    Both waste (a product too many) and elimination (a product the compiler removed) would show as a difference.
    """
    judge = judges.of(m.family)
    problem = bench_core.problem(m.family, **sizes)
    try:
        kernel = _build(m, problem)
    except bench_core.Unavailable as other:
        pytest.skip(str(other))
    iterations = None
    if m.backend == "torch":
        with Count() as count:
            out = kernel.run()
        flops, calls = count.product_flops, count.others
        iterations = kernel.iterations(out) if m.iterative else None
    else:
        text = kernel._call.as_text()
        flops, calls = hlo.matrix_flops(text), hlo.custom_calls(text)
    want = m.cost(problem, "float32", iterations).flops - judge.uncounted(problem, m)
    assert flops + judge.factorised(problem, m, calls) == pytest.approx(want, rel=1e-12)
