"""Peak memory of one call, and the name of the instrument that read it: one for each backend and device, and exact."""

from __future__ import annotations

import contextlib
import gc
import os
from collections.abc import Iterator
from typing import Any

from benchmarks.harness import cgroup, outcome

_WORKSPACES = 1.5  # times what a compiled program says it takes: workspaces of libraries are not in it
_SHARED = (0, 0)  # torch's name of the pool that is no graph's
_ROOM = 0.8  # of the free memory: the rest may lie in pieces


def instrument(backend: str, device: str) -> str:
    """What reads the peak of a call.

    CUDA: by how much the call raises the peak of the framework's own allocator, workspaces of the libraries that it
    calls included. torch says it (``max_memory_allocated``) and so does JAX (``peak_bytes_in_use``, :func:`of_call`);
    where JAX does not, and in calls over a second, ``memory_analysis`` is read in its place, and is the name in that
    row's record: what this returns has read all others. JAX on the CPU: ``memory_analysis()`` of the compiled program
    (results and temporaries, less what is donated). torch on the CPU: its allocator's record of every block taken and
    given back. A process's own size is not read: it grows in pages, and by none where the system's allocator has kept
    some, which at small sizes told equal code apart by a factor of two.
    """
    if device == "cuda":
        return "allocator peak rise"
    return "memory_analysis" if backend == "jax" else "torch allocator"


def free(backend: str, device: str) -> float:
    """Bytes that this session may still take on its device.

    On CUDA both frameworks keep what they have once taken: blocks that torch holds and no tensor uses are free, but for
    those in the pools of CUDA graphs, which are their graphs' alone, and so is what JAX's pool has left.
    """
    if device == "cuda":
        with contextlib.suppress(Exception):
            if backend == "torch":
                import torch

                segments = torch.cuda.memory_snapshot()
                everyones = (each for each in segments if tuple(each.get("segment_pool_id", _SHARED)) == _SHARED)
                unused = sum(each["total_size"] - each["allocated_size"] for each in everyones)
                return float(torch.cuda.mem_get_info()[0] + unused)
            stats = _jax_stats()
            return float(stats["bytes_limit"] - stats["bytes_in_use"])
    try:
        import psutil
    except ImportError:
        machine = float(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_AVPHYS_PAGES"))
    else:
        machine = float(psutil.virtual_memory().available)
    group = cgroup.memory_free_bytes()
    return machine if group is None else min(machine, group)


def release(backend: str, device: str) -> None:
    """Give back what a call that ran out of memory has left in torch's cache on CUDA, in blocks cut for that call.

    (JAX's pool is its own to the end.)
    """
    if (backend, device) != ("torch", "cuda"):
        return
    import torch

    gc.collect()  # cycles of the failed call hold its tensors
    torch.cuda.empty_cache()


class Peak:
    """The most that a call of torch's held at once of what it took itself; None where nothing can read it."""

    bytes: int | None = None


@contextlib.contextmanager
def watch(device: str) -> Iterator[Peak]:
    """Read the peak of what torch allocates within the block, results included; known when the block has ended.

    On the CPU every block taken and given back is recorded, which costs some 20 us each: the call is not to be timed.
    Blocks from before that are given back within it are not subtracted.
    Raises ``ImportError`` where there is no torch.
    """
    import torch

    peak = Peak()
    if device == "cuda":
        torch.cuda.synchronize()
        torch.cuda.reset_peak_memory_stats()
        before = torch.cuda.memory_allocated()
        yield peak
        torch.cuda.synchronize()
        peak.bytes = torch.cuda.max_memory_allocated() - before
        return
    if not torch.profiler.kineto_available():
        yield peak
        return
    profile: Any = torch.autograd.profiler.profile(profile_memory=True)
    with profile:
        yield peak
    events = profile.kineto_results.events()  # in the order in which they happened
    peak.bytes = _highest(event.nbytes() for event in events if event.name() == "[memory]")


def _highest(changes: Iterator[int]) -> int:
    """The highest level that these changes lead to from zero."""
    level = highest = 0
    for change in changes:
        level += change
        highest = max(highest, level)
    return highest


def of_call(kernel: Any) -> int | None:
    """By how much one call raises the peak of JAX's allocator on the GPU; None where it does not tell.

    The allocator's peak is that since the process began, which no single call can be told from unless nothing lies
    between: memory up to the old peak is taken first, so that whatever the call takes is a new one.
    """
    import jax

    try:
        stats = _jax_stats()
        room = stats["bytes_limit"] - stats["bytes_in_use"]
        gap = max(0, stats["peak_bytes_in_use"] - stats["bytes_in_use"])
        grain = max(1 << 20, 1 << max(0, gap.bit_length() - 3))  # few sizes: filling each is a program of its own
        taken = -(-gap // grain) * grain
        if taken + _WORKSPACES * (of_program(kernel) or 0) > _ROOM * room:
            return None
        filler = jax.numpy.empty(taken, "uint8", device=jax.devices("gpu")[0]) if taken else None
        jax.block_until_ready(filler)
        before = _jax_stats()
        if before["bytes_in_use"] < before["peak_bytes_in_use"]:
            return None
        kernel.wait(kernel.run())
        peak = _jax_stats()["peak_bytes_in_use"] - before["bytes_in_use"]
        del filler
    except (KeyError, TypeError, AttributeError):  # no statistics, or others than these
        return None
    except RuntimeError as error:
        if outcome.of_exception(error)[0] != "oom":
            raise
        return None  # beside the filler it does not fit
    return int(peak)


def _jax_stats() -> Any:
    """What JAX's allocator on the GPU says of itself; None where there is none, or it says nothing."""
    import jax

    try:
        return jax.devices("gpu")[0].memory_stats()
    except RuntimeError:  # JAX's own are such, too
        return None


def of_program(kernel: Any) -> int | None:
    """Bytes of a compiled program beyond its arguments: results and temporaries, less what is donated."""
    try:
        analysis = kernel.memory_analysis()
    except (NotImplementedError, RuntimeError):
        return None
    if analysis is None:
        return None
    return int(analysis.temp_size_in_bytes + analysis.output_size_in_bytes - analysis.alias_size_in_bytes)
