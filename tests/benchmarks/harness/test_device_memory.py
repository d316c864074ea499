"""Memory on CUDA: what is free, what a call takes, what is given back, against injected allocators."""

from __future__ import annotations

import sys
import types
from types import SimpleNamespace

import psutil
import pytest

from benchmarks.harness import memory

GB = 10**9


@pytest.fixture
def torch(monkeypatch):
    """torch's allocator on a card of 80 GB: 20 GB are torch's, of which tensors hold 5 and a graph keeps 3."""
    released: list[str] = []
    module = types.ModuleType("torch")
    module.__dict__.update(
        released=released,
        cuda=SimpleNamespace(
            mem_get_info=lambda: (60 * GB, 80 * GB),
            memory_reserved=lambda: 20 * GB,
            memory_allocated=lambda: 5 * GB,
            memory_snapshot=lambda: [
                {"segment_pool_id": (0, 0), "total_size": 12 * GB, "allocated_size": 4 * GB},
                {"segment_pool_id": (0, 0), "total_size": 4 * GB, "allocated_size": 0},
                {"segment_pool_id": (0, 1), "total_size": 4 * GB, "allocated_size": 1 * GB},
            ],
            max_memory_allocated=lambda: 7 * GB,
            reset_peak_memory_stats=lambda: released.append("reset"),
            synchronize=lambda: None,
            empty_cache=lambda: released.append("cache"),
        ),
    )
    monkeypatch.setitem(sys.modules, "torch", module)
    return module


def test_what_torch_has_cached_is_not_taken_and_what_a_graph_keeps_is(torch):
    assert memory.free("torch", "cuda") == (60 + 8 + 4) * GB


def test_the_peak_of_a_call_of_torch_is_a_rise(torch):
    with memory.watch("cuda") as peak:
        pass
    assert peak.bytes == 2 * GB
    assert torch.released == ["reset"]


def test_after_it_ran_out_of_memory_torchs_cache_is_given_back(torch):
    for backend, device in (("torch", "cpu"), ("jax", "cuda"), ("jax", "cpu")):
        memory.release(backend, device)
    assert torch.released == []
    memory.release("torch", "cuda")
    assert torch.released == ["cache"]


class Pool:
    """JAX's allocator, whose peak is that since the process began. A kernel takes ``takes`` bytes for a call."""

    def __init__(self, limit, used, peak, takes, program):
        self.limit, self.used, self.peak, self.takes, self.program = limit, used, peak, takes, program
        self.filled: list[int] = []

    def stats(self):
        return {"bytes_limit": self.limit, "bytes_in_use": self.used, "peak_bytes_in_use": self.peak}

    def take(self, size):
        if self.used + size > self.limit:
            raise RuntimeError(f"RESOURCE_EXHAUSTED: Out of memory while trying to allocate {size} bytes.")
        self.used += size
        self.peak = max(self.peak, self.used)

    def empty(self, size, dtype, device):
        self.take(size)
        self.filled.append(size)
        return self

    def run(self):
        self.take(self.takes)
        self.used -= self.takes

    def wait(self, out):
        pass

    def memory_analysis(self):
        return SimpleNamespace(temp_size_in_bytes=self.program, output_size_in_bytes=0, alias_size_in_bytes=0)


def _jax(monkeypatch, pool, stats=None):
    device = SimpleNamespace(memory_stats=stats or pool.stats)
    module = types.ModuleType("jax")
    module.__dict__.update(
        numpy=SimpleNamespace(empty=pool.empty), block_until_ready=lambda out: None, devices=lambda kind: [device]
    )
    monkeypatch.setitem(sys.modules, "jax", module)


@pytest.mark.parametrize("peak", [2 * GB, 3 * GB + 12345, 20 * GB])
def test_the_peak_of_a_call_of_jax_is_exact_whatever_came_before(monkeypatch, peak):
    """A library's workspace is in it, of which the compiled program knows nothing."""
    pool = Pool(limit=76 * GB, used=2 * GB, peak=peak, takes=3 * GB, program=2 * GB)
    _jax(monkeypatch, pool)
    assert memory.of_call(pool) == 3 * GB
    assert sum(pool.filled) <= 1.25 * (peak - 2 * GB) + (1 << 20)


@pytest.mark.parametrize(
    ("used", "peak", "program"),
    [(2 * GB, 60 * GB, 20 * GB), (70 * GB, 75 * GB, GB), (2 * GB, 2 * GB, 60 * GB)],
)
def test_where_the_old_peak_leaves_no_room_jax_tells_nothing(monkeypatch, used, peak, program):
    pool = Pool(limit=76 * GB, used=used, peak=peak, takes=GB, program=program)
    _jax(monkeypatch, pool)
    assert memory.of_call(pool) is None
    assert pool.filled == []


def test_a_call_that_does_not_fit_beside_the_filler_is_no_fault_of_its_row(monkeypatch):
    pool = Pool(limit=76 * GB, used=2 * GB, peak=40 * GB, takes=40 * GB, program=GB)
    _jax(monkeypatch, pool)
    assert memory.of_call(pool) is None
    assert pool.filled
    monkeypatch.setattr(pool, "run", lambda: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        memory.of_call(pool)


@pytest.mark.parametrize("stats", [lambda: None, dict])
def test_an_allocator_without_statistics_tells_nothing(monkeypatch, stats):
    pool = Pool(limit=76 * GB, used=0, peak=0, takes=GB, program=GB)
    _jax(monkeypatch, pool, stats)
    assert memory.of_call(pool) is None
    monkeypatch.setattr(psutil, "virtual_memory", lambda: SimpleNamespace(available=9 * GB))
    monkeypatch.setattr(memory.cgroup, "memory_free_bytes", lambda: None)
    assert memory.free("jax", "cuda") == 9 * GB  # the host's


def test_what_is_left_of_jaxs_pool_is_free(monkeypatch):
    pool = Pool(limit=76 * GB, used=6 * GB, peak=9 * GB, takes=0, program=0)
    _jax(monkeypatch, pool)
    assert memory.free("jax", "cuda") == 70 * GB
