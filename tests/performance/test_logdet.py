"""The pytest-benchmark door: a small subset of the logdet kernels for CI. ``make performance`` runs it.

The gate compares two commits in one job: the base saves its medians, the head is held against them
(``--benchmark-compare-fail=median:25%``); CONTRIBUTING.md has the commands.
"""

from __future__ import annotations

import pytest

import bench_core

ROWS = [
    (backend, name, D)
    for backend in bench_core.BACKENDS
    for name in ("relative", "relative_step", "inverse", "gemm_floor")
    for D in (100, 1000)
]


@pytest.mark.parametrize(("backend", "name", "D"), ROWS, ids=[f"{b}-{n}-D{D}" for b, n, D in ROWS])
def test_gradient(time_row, backend, name, D):
    problem = bench_core.problem("logdet", D=D, B=100, L=2, seed=0)
    time_row(problem, name, backend, "float32", calls=100 if D <= 100 else 1)
