"""Seconds of a block of calls, device work included."""

from __future__ import annotations

import contextlib
import gc
import time
from collections.abc import Iterator
from typing import Any

MOST_CALLS = 10_000  # in one block
QUEUE_SHARE = 0.5  # of the free memory: what results of calls that are queued may hold


def sample(kernel: Any, number: int) -> float:
    """Mean seconds of one call over a block of ``number`` calls, each waited for on its whole result.

    The garbage collector is off within the block. The host's clock is the one that counts: on CUDA it includes the
    launch and the wait.
    """
    run, wait = kernel.run, kernel.wait
    with no_collector():
        start = time.perf_counter()
        for _ in range(number):
            wait(run())
        return (time.perf_counter() - start) / number


def best(kernel: Any, least: int, least_s: float = 0.0, enough: float = 0.0) -> float:
    """Seconds of the fastest of some calls, after one to warm up: of the ``least``, and of further ones until all have
    taken ``least_s`` or one took no more than ``enough``.
    """
    sample(kernel, 1)
    taken: list[float] = []
    while len(taken) < least or (sum(taken) < least_s and min(taken) > enough):
        taken.append(sample(kernel, 1))
    return min(taken)


def queued(kernel: Any, number: int, ahead: int = MOST_CALLS) -> float:
    """Mean seconds of one call over a block of ``number`` calls that are launched one after the other, by the host's
    clock, until the last result is there: what a training loop pays on CUDA, which looks at a result now and then.

    Every ``ahead`` calls it waits, too (:func:`ahead_within`).
    """
    with no_collector():
        start = time.perf_counter()
        kernel.wait(launch(kernel, number, ahead))
        return (time.perf_counter() - start) / number


def launch(kernel: Any, number: int, ahead: int) -> Any:
    """Launch ``number`` calls, never more than ``ahead`` on their way; the last result, which is not waited for."""
    run, wait = kernel.run, kernel.wait
    out = None
    for launched in range(0, number, ahead):
        if launched:
            wait(out)
        for _ in range(min(ahead, number - launched)):
            out = run()
    return out


def ahead_within(call_bytes: float, free_bytes: float) -> int:
    """Calls that may be on their way at once, so that half of the free memory holds them all.

    JAX gives every queued call memory of its own for its results, long before the first has run.
    """
    return max(1, min(MOST_CALLS, int(QUEUE_SHARE * free_bytes / max(call_bytes, 1.0))))


def calls_per_sample(seconds: float, block_s: float) -> int:
    """Calls in one block so that it lasts at least ``block_s``."""
    return max(1, min(MOST_CALLS, -int(-block_s // max(seconds, 1e-7))))


@contextlib.contextmanager
def no_collector() -> Iterator[None]:
    """No collection of garbage within the block."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()
