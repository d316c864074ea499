"""The pytest-benchmark door: a small subset of the score kernels for CI, as in ``test_logdet.py``."""

from __future__ import annotations

import pytest

import bench_core

ROWS = [
    (backend, name)
    for backend in bench_core.BACKENDS
    for name in ("psi", "psi_closed_form", "phi", "phi_closed_form", "curl_jvp_vjp")
]


@pytest.mark.parametrize(("backend", "name"), ROWS, ids=[f"{b}-{n}-d64" for b, n in ROWS])
def test_step(time_row, backend, name):
    time_row(bench_core.problem("score", d=64, H=64, L=3, B=128, seed=0), name, backend, "float32")
