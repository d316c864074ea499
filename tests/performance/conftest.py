"""How a row is timed, and what pytest-benchmark leaves out of its JSON: tests that were skipped or failed, and what the
numbers depend on.
"""

from __future__ import annotations

import pytest

import bench_core
from benchmarks.harness import check, environment, older, policy

_outcomes: dict[str, str] = {}


@pytest.hookimpl(trylast=True)
def pytest_runtest_logreport(report):
    if report.when == "call" or report.outcome != "passed":
        _outcomes[report.nodeid] = report.outcome


def pytest_benchmark_update_json(config, benchmarks, output_json):
    output_json["outcomes"] = dict(sorted(_outcomes.items()))


def pytest_benchmark_update_machine_info(config, machine_info):
    machine_info["jacobench"] = environment.describe("cpu", policy.threads())


@pytest.fixture(autouse=True)
def _threads():
    """One number for both frameworks, as in a session; torch's own number and switches come back afterwards."""
    import torch

    from bench_core.method import load_backend

    before = torch.get_num_threads()
    try:
        with load_backend("torch").pinned("float32"):
            for backend in ("torch", "jax"):
                load_backend(backend).configure(policy.threads())
            yield
    finally:
        torch.set_num_threads(before)


@pytest.fixture
def time_row(benchmark):
    """``time_row(problem, name, backend, dtype, calls)`` times one row, ``calls`` a round, its answer checked first."""

    def time(problem, name: str, backend: str, dtype: str, calls: int = 1) -> None:
        m = bench_core.method(problem.family, name, backend)
        kernel = m.build(problem, device="cpu", dtype=dtype)
        out = kernel.run()
        kernel.wait(out)
        # Checked before it is timed: a wrong answer has no time.
        error, _, fault = check.judge(problem, kernel.to_numpy(out), m, dtype)
        assert fault == ""
        cost = m.cost(problem, dtype, kernel.iterations(out))
        benchmark.extra_info.update(error=error, flops=cost.flops, vjps=cost.vjps, jvps=cost.jvps)
        kernel.reset(steady=True)  # as in a session: steps of a size that can be checked soon leave the finite numbers
        benchmark.pedantic(lambda: kernel.wait(kernel.run()), rounds=15, warmup_rounds=3, iterations=calls)
        # And once more on data that it has not seen: a kernel that remembers its answer has no time either.
        assert check.judge_again(problem, older.unseen(problem), kernel, m, dtype)[1] == ""

    return time
