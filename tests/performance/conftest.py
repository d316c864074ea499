"""What pytest-benchmark leaves out of its JSON: tests that were skipped or failed, and what the numbers depend on."""

from __future__ import annotations

import pytest

from benchmarks.harness import environment, policy

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
    """One number for both frameworks, as in a session."""
    from bench_core.method import load_backend

    for backend in ("torch", "jax"):
        load_backend(backend).configure(policy.threads())
