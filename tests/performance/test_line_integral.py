"""The pytest-benchmark door: a small subset of the line_integral kernels for CI, as in ``test_logdet.py``."""

from __future__ import annotations

import pytest

import bench_core
from benchmarks.harness import check, older

JACOBIANS = {"gauss_legendre_16": "tanh", "psd_applied": "psd", "inverse_kronecker_rk4": "kronecker_psd"}
ROWS = [(backend, name) for backend in bench_core.BACKENDS for name in JACOBIANS]


@pytest.mark.parametrize(("backend", "name"), ROWS, ids=[f"{b}-{n}-d16" for b, n in ROWS])
def test_integral(benchmark, backend, name):
    problem = bench_core.problem("line_integral", d=16, J=JACOBIANS[name], seed=0)
    m = bench_core.method("line_integral", name, backend)
    kernel = m.build(problem, device="cpu", dtype="float64")
    out = kernel.run()
    kernel.wait(out)
    # Checked before it is timed: a wrong answer has no time.
    error = problem.error(kernel.to_numpy(out), m)
    assert error <= 1e-6
    benchmark.extra_info.update(error=error, flops=m.cost(problem).flops)
    benchmark.pedantic(lambda: kernel.wait(kernel.run()), rounds=15, warmup_rounds=3, iterations=1)
    # And once more on data that it has not seen: a kernel that remembers its answer has no time either.
    assert check.judge_again(problem, older.unseen(problem), kernel, m, "float64")[1] == ""
