"""The pytest-benchmark door: a small subset of the implicit kernels for CI, as in ``test_logdet.py``."""

from __future__ import annotations

import pytest

import bench_core

ROWS = [(backend, name) for backend in bench_core.BACKENDS for name in ("jfb", "neumann_5", "gmres", "bicgstab")]


@pytest.mark.parametrize(("backend", "name"), ROWS, ids=[f"{b}-{n}-D256" for b, n in ROWS])
def test_backward(time_row, backend, name):
    problem = bench_core.problem("implicit", D=256, B=64, gamma=0.9, T="random", seed=0)
    time_row(problem, name, backend, "float64")
