"""``relative_step`` holds no gradient-sized buffer beside W."""

from __future__ import annotations

import pytest

import bench_core
from benchmarks.harness import memory

D = 3000
SQUARE = 4 * D * D


@pytest.mark.parametrize("backend", bench_core.BACKENDS)
def test_a_step_needs_far_less_than_a_gradient(backend):
    problem = bench_core.problem("logdet", D=D, B=20, L=2)
    peaks = {}
    for name in ("relative", "relative_step"):
        kernel = bench_core.method("logdet", name, backend).build(problem)
        kernel.wait(kernel.run())
        if backend == "jax":
            peaks[name] = memory.of_program(kernel)
        else:
            before = memory.mark("cpu")
            kernel.wait(kernel.run())
            peaks[name] = memory.risen(before, "cpu")
        if peaks[name] is None:
            pytest.skip("no instrument reads memory on this system")
    assert peaks["relative"] >= 1.9 * SQUARE
    assert peaks["relative_step"] <= 0.35 * SQUARE
