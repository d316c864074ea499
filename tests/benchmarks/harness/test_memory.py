"""The peak of a call: exact, and the same whenever it is read."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch")

import bench_core  # noqa: E402
from benchmarks.harness import memory  # noqa: E402


def _peak(call) -> int | None:
    with memory.watch("cpu") as peak:
        result = call()
    assert result is not None
    return peak.bytes


@pytest.mark.parametrize("numbers", [1, 10, 1000, 1_000_000])
def test_a_tensor_is_its_bytes(numbers):
    assert _peak(lambda: torch.empty(numbers)) == 4 * numbers


def test_the_peak_is_of_what_is_held_at_once():
    def call():
        first = torch.empty(1000)
        second = torch.empty(5000)
        del first, second
        return torch.empty(2000)

    assert _peak(call) == 4 * 6000


def test_what_was_held_before_does_not_count():
    held = torch.empty(100_000)
    assert _peak(lambda: held + held) == 4 * 100_000


def test_a_call_that_takes_nothing_has_no_peak():
    out = torch.empty(100, 100)
    assert _peak(lambda: torch.add(out, out, out=out)) == 0


@pytest.mark.parametrize("D", [10, 64, 100, 300])
def test_equal_code_holds_equal_memory(D):
    """Read from the process's size, ``relative`` had 61 k in one session and 33 k in another."""
    problem = bench_core.problem("logdet", D=D, B=20, L=2)
    peaks = set()
    for _ in range(3):
        kernel = bench_core.method("logdet", "relative", "torch").build(problem)
        kernel.wait(kernel.run())
        peaks.add(_peak(kernel.run))
    (peak,) = peaks
    assert peak is not None
    assert 0 < peak < 10 * 4 * D * max(D, 20) * 2


def test_each_backend_and_device_has_one_instrument():
    assert memory.instrument("torch", "cpu") == "torch allocator"
    assert memory.instrument("jax", "cpu") == "memory_analysis"
    assert memory.instrument("torch", "cuda") == memory.instrument("jax", "cuda") == "allocator peak rise"
