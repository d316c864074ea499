"""Zeros in what our rows are given: right answers, and none that is no number."""

from __future__ import annotations

import numpy as np
import pytest

import bench_core
from bench_core.implicit import ImplicitProblem
from bench_core.implicit.settings import MOVED

CASES = ("zero rows in v", "v = 0", "A = 0", "d = 0")
# JAX compiles for every row and case.
FEW = (("dense", "A = 0"), ("gmres_5", "zero rows in v"), ("bicgstab_5", "A = 0"))
LONGEST = 30  # steps of an unrolled pass
# Of what is left of the series at A = 0, where every other row is exact: the damping's 0.1 to the power of k.
DAMPED = {"phantom": 0.1**5}


def _rows():
    for backend in bench_core.BACKENDS:
        for m in bench_core.methods("implicit", backend):
            for case in CASES:
                if m.role != "peer":
                    slow = (m.name, case) not in FEW if backend == "jax" else m.settings.get("K", 0) > LONGEST
                    marks = pytest.mark.slow if slow else ()
                    yield pytest.param(m, case, marks=marks, id=f"{backend}-{m.name}-{case}")


def _problem(case: str) -> ImplicitProblem:
    a = dict(bench_core.problem("implicit", D=9, B=3, T="random", gamma=0.8).arrays)
    if case in ("A = 0", "d = 0"):
        a[case[0]] = np.zeros_like(a[case[0]])
    elif case:
        a["v"][0 if case == "zero rows in v" else slice(None)] = 0
    return ImplicitProblem.from_arrays(a["A"], a["d"], a["v"])


def _run(m, problem):
    kernel = m.build(problem, dtype="float64")
    return {name: np.array(array) for name, array in kernel.to_numpy(kernel.run()).items()}


@pytest.mark.parametrize(("m", "case"), [*_rows()])
def test_zeros_are_no_trouble(m, case):
    problem = _problem(case)
    got = _run(m, problem)
    assert problem.fault(got, m, "float64") == ""
    error = problem.error(got, m)
    if m.exact or case == "A = 0":
        assert error <= DAMPED.get(m.name, 1e-5) * 1.01
    elif case == "d = 0":
        # Approximate by no more than elsewhere: the slope of tanh is 1 at u = 0, and lower where u is not.
        plain = _problem("")
        assert error <= 2 * plain.error(_run(m, plain), m)
    else:
        # Zeros are answered by zeros, other rows as beside any row; but for what a warm start has of the last step,
        # whose v was another.
        wanted = _run(m, _problem(""))["d"] * problem.arrays["v"].any(axis=1, keepdims=True)
        moved = MOVED * np.abs(wanted).max() if m.computes == "warm_gradient" else 1e-12 * wanted.any()
        np.testing.assert_allclose(got["d"], wanted, rtol=1e-8, atol=moved)
