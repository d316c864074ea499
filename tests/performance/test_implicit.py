"""The pytest-benchmark door: a small subset of the implicit kernels for CI, as in ``test_logdet.py``."""

from __future__ import annotations

import pytest

import bench_core
from benchmarks.harness import check, older

ROWS = [(backend, name) for backend in bench_core.BACKENDS for name in ("jfb", "neumann_5", "gmres", "bicgstab")]


@pytest.mark.parametrize(("backend", "name"), ROWS, ids=[f"{b}-{n}-D256" for b, n in ROWS])
def test_backward(benchmark, backend, name):
    problem = bench_core.problem("implicit", D=256, B=64, gamma=0.9, T="random", seed=0)
    m = bench_core.method("implicit", name, backend)
    kernel = m.build(problem, device="cpu", dtype="float64")
    out = kernel.run()
    kernel.wait(out)
    arrays = kernel.to_numpy(out)
    # Checked before it is timed: a wrong answer has no time.
    assert problem.fault(arrays, m, "float64") == ""
    cost = m.cost(problem, "float64", kernel.iterations(out))
    error = problem.error(arrays, m)
    benchmark.extra_info.update(error=error, flops=cost.flops, vjps=cost.vjps, jvps=cost.jvps)
    benchmark.pedantic(lambda: kernel.wait(kernel.run()), rounds=15, warmup_rounds=3, iterations=1)
    # And once more on data that it has not seen: a kernel that remembers its answer has no time either.
    assert check.judge_again(problem, older.unseen(problem), kernel, m, "float64")[1] == ""
