"""Zeros in what the rows are given, libraries' among them: right answers, and none that is no number."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

import bench_core
from bench_core.line_integral import LineIntegralProblem
from tests.bench_core.judges import line_integral as judge

HALF, ALL = slice(0, None, 2), slice(None)
# Which rows of the data are zero; none first, which tells how well a rule does where there are none.
CASES = {
    "as drawn": {},
    "zero rows in x": {"x": HALF},
    "x = 0": {"x": ALL},
    "zero rows in the target": {"target": HALF},
    "target = 0": {"target": ALL},
    "zero rows in both": {"x": HALF, "target": HALF},
    "x = target = 0": {"x": ALL, "target": ALL},
}
# JAX compiles for every row, and takes seconds for diffrax's.
FEW = ("gauss_legendre_4", "inverse_lu_dopri5", "inverse_newton")


def _rows():
    """Of rows that JAX makes one program of but for a number the first."""
    seen = set()
    for backend in bench_core.BACKENDS:
        for m in bench_core.methods("line_integral", backend):
            program = (m.declaration.kernel or m.name, m.settings.get("solver"))
            if backend == "torch" or program not in seen:
                slow = backend == "jax" and m.name not in FEW
                yield pytest.param(m, marks=pytest.mark.slow if slow else (), id=f"{backend}-{m.name}")
            if backend == "jax":
                seen.add(program)


@cache
def _problem(case: str, **sizes) -> LineIntegralProblem:
    """One for all rows: its oracle integrates once."""
    problem = bench_core.problem("line_integral", seed=2, **sizes)
    data = {name: problem.masters[name].copy() for name in problem.data}
    for name, rows in CASES[case].items():
        data[name][rows] = 0
    return problem.with_data(data)


@pytest.mark.parametrize("m", [*_rows()])
def test_zeros_are_no_trouble(m):
    integral, sizes = m.computes == "integral", judge.room(m)
    # Adaptive steps are others where fewer samples need them, and do what they are told to; of others it is rounding.
    allowed = 100 * m.settings["tol"] if m.iterative else m.tolerance("float64")
    try:
        kernel = m.build(_problem("as drawn", **sizes), dtype="float64")
    except bench_core.Unavailable as missing:
        pytest.skip(str(missing))
    for case, zeros in CASES.items():
        if not integral and "x" in zeros:  # which an inverse does not read
            continue
        problem = _problem(case, **sizes)
        kernel.refill(problem)
        got = {name: np.array(array) for name, array in kernel.to_numpy(kernel.run()).items()}
        assert problem.fault(got, m, "float64") == "", case
        error = problem.error(got, m)
        # Nothing is integrated, or inverted, where the data are zero: that is exact, whatever the rule.
        path, answer = ("x", "y") if integral else ("target", "x")
        assert not got[answer][zeros.get(path, slice(0))].any(), case
        if zeros.get(path) == ALL:
            assert error <= m.tolerance("float64"), case
        else:  # as well as where there are none
            allowed = allowed if zeros else max(10 * error, allowed)
            assert error <= allowed, case
