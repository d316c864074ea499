"""Zeros in what the rows are given: right answers, and none that is no number."""

from __future__ import annotations

import numpy as np
import pytest

import bench_core
from tests.bench_core.judges import score as judge

HALF, ALL = slice(0, None, 2), slice(None)
# Which rows of the data are zero.
CASES = {
    "zero rows in x": {"x": HALF},
    "x = 0": {"x": ALL},
    "y = 0": {"y": ALL},
    "zero rows in v": {"v": HALF},
    "v = 0": {"v": ALL},
    "x = y = v = 0": {"x": ALL, "y": ALL, "v": ALL},
}
# JAX compiles for every row.
FEW = ("phi_closed_form", "sliced", "curl_rademacher_4")


def _rows():
    for backend in bench_core.BACKENDS:
        for m in bench_core.methods("score", backend):
            marks = pytest.mark.slow if backend == "jax" and m.name not in FEW else ()
            yield pytest.param(m, marks=marks, id=f"{backend}-{m.name}")


@pytest.mark.parametrize("m", [*_rows()])
def test_zeros_are_no_trouble(m):
    drawn = bench_core.problem("score", seed=3, **judge.room(m))
    kernel = m.build(drawn, dtype="float64")
    for case, zeros in CASES.items():
        data = {name: drawn.masters[name].copy() for name in drawn.data}
        for name, rows in zeros.items():
            data[name][rows] = 0
        problem = drawn.with_data(data)
        kernel.refill(problem)
        got = kernel.to_numpy(kernel.run())
        assert problem.fault(got, m, "float64") == "", case
        if m.computes == "curl_probes":
            assert np.abs(got["curl"] - _estimate(problem, **m.settings)).max() <= 1e-10, case
        if case == "v = 0" and m.computes.startswith("curl_"):
            assert not got["curl"].any(), "no probe, no curl"


def _estimate(problem, k: int, rademacher: bool) -> np.ndarray:
    """The mean over k probes, of which one that is zero sees nothing, by the oracle's own products."""
    v, oracle = problem.arrays["v"], problem.oracle
    probes = [np.roll(np.sign(v) if rademacher else v, -j, 0) for j in range(k)]
    return np.mean([((oracle.jvp(probe) - oracle.vjp(probe)) ** 2).sum(1) for probe in probes], 0)
