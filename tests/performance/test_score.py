"""The pytest-benchmark door: a small subset of the score kernels for CI, as in ``test_logdet.py``."""

from __future__ import annotations

import pytest

import bench_core
from benchmarks.harness import check, older

ROWS = [
    (backend, name)
    for backend in bench_core.BACKENDS
    for name in ("psi", "psi_closed_form", "phi", "phi_closed_form", "curl_jvp_vjp")
]


@pytest.mark.parametrize(("backend", "name"), ROWS, ids=[f"{b}-{n}-d64" for b, n in ROWS])
def test_step(benchmark, backend, name):
    problem = bench_core.problem("score", d=64, H=64, L=3, B=128, seed=0)
    m = bench_core.method("score", name, backend)
    kernel = m.build(problem, device="cpu", dtype="float32")
    out = kernel.run()
    kernel.wait(out)
    # Checked before it is timed: a wrong answer has no time.
    error = problem.error(kernel.to_numpy(out), m)
    assert error <= m.tolerance("float32")
    benchmark.extra_info.update(error=error, flops=m.cost(problem).flops)
    benchmark.pedantic(lambda: kernel.wait(kernel.run()), rounds=15, warmup_rounds=3, iterations=1)
    # And once more on data that it has not seen: a kernel that remembers its answer has no time either.
    assert check.judge_again(problem, older.unseen(problem), kernel, m, "float32")[1] == ""
