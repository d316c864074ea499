"""The pytest-benchmark door: a small subset of the logdet kernels for CI. ``make performance`` runs it.

The gate compares two commits in one job: the base saves its medians, the head is held against them
(``--benchmark-compare-fail=median:25%``); CONTRIBUTING.md has the commands.
"""

from __future__ import annotations

import pytest

import bench_core
from benchmarks.harness import check, older

ROWS = [
    (backend, name, D)
    for backend in bench_core.BACKENDS
    for name in ("relative", "relative_step", "inverse", "gemm_floor")
    for D in (100, 1000)
]


@pytest.mark.parametrize(("backend", "name", "D"), ROWS, ids=[f"{b}-{n}-D{D}" for b, n, D in ROWS])
def test_gradient(benchmark, backend, name, D):
    problem = bench_core.problem("logdet", D=D, B=100, L=2, seed=0)
    m = bench_core.method("logdet", name, backend)
    kernel = m.build(problem, device="cpu", dtype="float32")
    out = kernel.run()
    kernel.wait(out)
    error = problem.error(kernel.to_numpy(out), m)
    # Checked before it is timed: a wrong answer has no time.
    assert error <= m.tolerance("float32")
    cost = m.cost(problem)
    benchmark.extra_info.update(error=error, flops=cost.flops, vjps=cost.vjps, jvps=cost.jvps)
    kernel.reset(steady=True)  # as in a session: steps of a size that can be checked soon leave the finite numbers
    benchmark.pedantic(lambda: kernel.wait(kernel.run()), rounds=15, warmup_rounds=3, iterations=100 if D <= 100 else 1)
    # And once more on data that it has not seen: a kernel that remembers its answer has no time either.
    assert check.judge_again(problem, older.unseen(problem), kernel, m, "float32")[1] == ""
