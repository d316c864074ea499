"""Every number that a method is set to is checked where its plain function begins, and solvers may be set to others."""

from __future__ import annotations

import importlib
from dataclasses import replace
from math import nan
from typing import Any

import numpy as np
import pytest

import bench_core
from bench_core.implicit.settings import Stop
from bench_core.method import check_share
from tests.bench_core import judges

# What a setting may not be: the number, and what it may be.
WRONG: dict[str, dict[Any, str]] = {
    "k": {-3: "whole numbers from ", 1.5: "whole numbers from "},
    "K": {0: "whole numbers from 1", 10.0: "whole numbers from 1"},
    "damping": {0: "0 < damping <= 1", 1.1: "0 < damping <= 1", "0.9": "0 < damping <= 1"},
    "window": {0: "whole numbers from 1", True: "whole numbers from 1"},
    "restart": {0: "whole numbers from 1", None: "whole numbers from 1"},
    "pairs": {0: "whole numbers from 1", 2.0: "whole numbers from 1"},
    "Q": {0: "numbers from ", 16.0: "numbers from "},
    "tol": {0: "0 < tol < 1", 1: "0 < tol < 1", nan: "0 < tol < 1"},
    "steps": {0: "whole numbers from 1", "8": "whole numbers from 1"},
    "probes": {-1: "whole numbers from 1"},
    "iterations": {0: "whole numbers from 1", 2.5: "whole numbers from 1"},
}
# Settings that the suite's own rows leave as they are, with one small number and one above the usual.
MORE = {
    "anderson": ("window", 1, 12),
    "forward_anderson": ("window", 1, 12),
    "gmres": ("restart", 2, 50),
    "gmres_warm": ("restart", 2, 50),
    "broyden": ("pairs", 1, 60),
    "forward_broyden": ("pairs", 1, 60),
}


def _is_checked(m: bench_core.Method, setting: str) -> bool:
    """Libraries' solvers check for themselves."""
    return setting in WRONG and m.role != "peer"


def _list():
    """Each setting of each kernel once, of the first row that has it."""
    seen = set()
    for family in bench_core.FAMILIES:
        for backend in bench_core.BACKENDS:
            for m in bench_core.methods(family, backend):
                settings = [*m.settings, *(MORE[m.name][:1] if m.name in MORE else ())]
                kernel = m.declaration.kernel or m.name
                for setting in settings:
                    if _is_checked(m, setting) and (family, backend, kernel, setting) not in seen:
                        seen.add((family, backend, kernel, setting))
                        yield m, setting


def _set(m: bench_core.Method, **settings: Any) -> bench_core.Method:
    """The method with other settings."""
    return replace(m, declaration=replace(m.declaration, settings=tuple((m.settings | settings).items())))


def _name(given: Any) -> str:
    return f"{given.family}-{given.backend}-{given.name}" if isinstance(given, bench_core.Method) else str(given)


@pytest.mark.parametrize(("m", "setting"), [*_list()], ids=_name)
def test_a_wrong_setting_is_one_line(m, setting):
    problem = bench_core.problem(m.family, **judges.of(m.family).room(m))
    for wrong, allowed in WRONG[setting].items():
        with pytest.raises(ValueError, match=f"^{setting} = ") as caught:
            _set(m, **{setting: wrong}).build(problem).run()
        said, _, may = str(caught.value).partition("; allowed: ")  # JAX adds lines of its own beneath, not to the words
        assert said.startswith(f"{setting} = {wrong!r} is not a ")
        assert allowed in may
        assert "\n" not in said + may


def test_a_share_may_be_a_number_of_numpys():
    for one in (1, np.int64(1), np.float32(1)):
        assert check_share("damping", one, "damping", one=True) == 1.0


@pytest.mark.parametrize("Q", [2, 4])
def test_a_rule_that_holds_another_has_an_odd_number_of_nodes(Q):
    m = bench_core.method("line_integral", "gauss_kronrod_15", "torch")
    with pytest.raises(ValueError, match=rf"^Q = {Q} is not a number of nodes; allowed: "):
        _set(m, Q=Q).build(bench_core.problem("line_integral")).run()


def test_every_number_that_a_row_is_set_to_is_tried():
    for family in bench_core.FAMILIES:
        for backend in bench_core.BACKENDS:
            for m in (m for m in bench_core.methods(family, backend) if m.role != "peer"):
                numbers = {name for name, value in m.settings.items() if not isinstance(value, str | bool)}
                assert numbers <= WRONG.keys(), m.name


# JAX compiles each of them, GMRES and what starts warm for seconds.
SET = [
    pytest.param(backend, name, marks=[pytest.mark.slow] * (backend == "jax" and name != "anderson"))
    for backend in bench_core.BACKENDS
    for name in MORE
]


@pytest.mark.parametrize(("backend", "name"), SET)
def test_other_windows_restarts_and_pairs_are_right(backend, name):
    """The smaller the number, the more iterations; the answer is held to the tolerance with every one."""
    m = bench_core.method("implicit", name, backend)
    problem = bench_core.problem("implicit", D=40, B=3, gamma=0.95, T="rotation", tol=1e-8, seed=2)
    setting, few, many = MORE[name]
    taken = []
    for number in (few, many):
        kernel = _set(m, **{setting: number}).build(problem, dtype="float64")
        out = kernel.run()
        assert problem.fault(kernel.to_numpy(out), m, "float64") == ""
        taken.append(kernel.iterations(out))
    assert taken[0] > taken[1]


@pytest.mark.parametrize("backend", [bench_core.BACKENDS[0], pytest.param("jax", marks=pytest.mark.slow)])
def test_the_forward_solve_keeps_as_many_pairs_as_it_is_told_to(backend):
    m = bench_core.method("implicit", "shine", backend)
    kernel = m.build(bench_core.problem("implicit", D=12, B=3))
    prepare = importlib.import_module(f"bench_core.implicit.{backend}.shine").prepare
    operator, v = kernel._operator, kernel._placed["v"]
    assert len(prepare(operator, v, Stop(1e-6), pairs=2).arrays["left"]) == 2
    with pytest.raises(ValueError, match=r"^pairs = 0 is not a number of pairs; allowed: whole numbers from 1"):
        prepare(operator, v, Stop(1e-6), pairs=0)
