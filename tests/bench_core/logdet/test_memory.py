"""``relative_step`` holds no gradient-sized buffer beside W, and gradients are written where the last ones were."""

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
            with memory.watch("cpu") as peak:
                kernel.wait(kernel.run())
            peaks[name] = peak.bytes
        peaks[name] += kernel.held_bytes
    assert peaks["relative"] >= 1.9 * SQUARE
    assert peaks["relative_step"] <= 0.35 * SQUARE


@pytest.mark.parametrize("backend", bench_core.BACKENDS)
@pytest.mark.parametrize("name", ["relative", "relative_published", "transposed", "inverse", "gemm_floor"])
def test_gradients_are_written_into_the_buffers_of_the_last_call(backend, name):
    """The default of repeated calls: no fresh pages; the form ``allocating`` takes them."""
    problem = bench_core.problem("logdet", D=64, B=6)
    m = bench_core.method("logdet", name, backend)
    kernel = m.build(problem)
    assert kernel.held_bytes >= 2 * 4 * 64 * 64
    places = []
    for _ in range(3):
        out = kernel.run()
        kernel.wait(out)
        weights = out if name == "gemm_floor" else out[0]
        places.append([W.data_ptr() if backend == "torch" else W.unsafe_buffer_pointer() for W in weights])
        error = problem.error(kernel.to_numpy(out), m)
        assert error < 1e-5
        del out, weights
    assert places[0] == places[1] == places[2]
    if "allocating" in m.forms:
        fresh = m.build(problem, form="allocating")
        assert fresh.held_bytes == 0
        held = [fresh.run() for _ in range(2)]
        assert problem.error(fresh.to_numpy(held[0]), m) == problem.error(fresh.to_numpy(held[1]), m) < 1e-5
