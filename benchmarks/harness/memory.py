"""Peak memory of one call, and the name of the instrument that read it: one for each backend and device, and exact."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from typing import Any

from benchmarks.harness import cgroup


def instrument(backend: str, device: str) -> str:
    """What reads the peak of a call.

    JAX: ``memory_analysis()`` of the compiled program (results and temporaries, less what is donated). torch on CUDA:
    ``max_memory_allocated``. torch on the CPU: its allocator's record of every block taken and given back. A process's
    own size is not read: it grows in pages, and by none where the system's allocator has kept some, which at small
    sizes told equal code apart by a factor of two.
    """
    if backend == "jax":
        return "memory_analysis"
    return "max_memory_allocated rise" if device == "cuda" else "torch allocator"


def free(backend: str, device: str) -> float:
    """Bytes that this session may still take on its device."""
    if device == "cuda":
        with contextlib.suppress(Exception):
            if backend == "torch":
                import torch

                return float(torch.cuda.mem_get_info()[0])
            import jax

            stats = jax.devices("gpu")[0].memory_stats()
            return float(stats["bytes_limit"] - stats["bytes_in_use"])
    try:
        import psutil
    except ImportError:
        machine = float(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_AVPHYS_PAGES"))
    else:
        machine = float(psutil.virtual_memory().available)
    group = cgroup.memory_free_bytes()
    return machine if group is None else min(machine, group)


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


def of_program(kernel: Any) -> int | None:
    """Bytes of a compiled program beyond its arguments: results and temporaries, less what is donated."""
    # JAX's own counter of the device shows the peak since the process began, which no single call can be told from.
    try:
        analysis = kernel.memory_analysis()
    except (NotImplementedError, RuntimeError):
        return None
    if analysis is None:
        return None
    return int(analysis.temp_size_in_bytes + analysis.output_size_in_bytes - analysis.alias_size_in_bytes)
