"""The pytest-benchmark door: a small subset of the line_integral kernels for CI, as in ``test_logdet.py``."""

from __future__ import annotations

import pytest

import bench_core

JACOBIANS = {"gauss_legendre_16": "tanh", "psd_applied": "psd", "inverse_kronecker_rk4": "kronecker_psd"}
ROWS = [(backend, name) for backend in bench_core.BACKENDS for name in JACOBIANS]


@pytest.mark.parametrize(("backend", "name"), ROWS, ids=[f"{b}-{n}-d16" for b, n in ROWS])
def test_integral(time_row, backend, name):
    time_row(bench_core.problem("line_integral", d=16, J=JACOBIANS[name], seed=0), name, backend, "float64")
