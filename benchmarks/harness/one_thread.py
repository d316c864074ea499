"""What one thread of its own takes on each processor: the machine's speed, apart from that of a library's pool.

A pool's threads may share a processor for a while and leave another idle; its products then take twice their time on
the very same machine. Here each processor has one thread, which stays there, and all work at once: a slower clock slows
them, and what another process or the host takes from any processor slows that one's, wherever the scheduler puts it.
"""

from __future__ import annotations

import math
import os
import sys
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import Any

import numpy as np

# A sum of rows that are one row over and over: it lies in the nearest cache, and one call leaves the interpreter to the
# other threads. It takes 18 ms on an EPYC of 2025, several turns of Linux's scheduler: another thread that wanted a
# processor all the time was seen in 21 measurements of 21; with windows of 9 ms it was missed in 2 of 18.
_NUMBERS, _ROWS = 2048, 196608
WHAT = f"{_ROWS} x {_NUMBERS} float32 additions by one thread on each processor, all at once"
_WINDOWS = 5  # of the start
_MOST_WINDOWS = 10  # of the end, which is tried until it is like the start
_LIKE = 1.1  # times the start: like it
_PAGE = 4096


def measure(processors: Sequence[int], before: Sequence[float] | None = None) -> list[float] | None:
    """Seconds that the same work takes on each of these processors, all at once; None where no thread can be kept on
    one (elsewhere than on Linux, or where the system forbids it).

    What lasts is a state, not a moment: of several windows of time that one counts whose slowest processor, relative to
    its own best, was the fastest. With ``before``, the seconds of an earlier measurement, it is the one most like them,
    and the first within 1.1 of them is the last.
    """
    if sys.platform != "linux":
        return None
    with ExitStack() as stack:
        threads = [stack.enter_context(ThreadPoolExecutor(1)) for _ in processors]
        places = [thread.submit(_settle, number) for thread, number in zip(threads, processors, strict=True)]
        try:
            work = [place.result() for place in places]
        except OSError:
            return None

        def window() -> list[float]:
            begun = [thread.submit(_add, *arrays) for thread, arrays in zip(threads, work, strict=True)]
            return [one.result() for one in begun]

        if before is None:
            windows = np.array([window() for _ in range(_WINDOWS)])
            return windows[(windows / windows.min(axis=0)).max(axis=1).argmin()].tolist()
        nearest = window()
        for _ in range(_MOST_WINDOWS - 1):
            if factor(before, nearest) <= _LIKE:
                break
            nearest = min(nearest, window(), key=lambda seconds: factor(before, seconds))
        return nearest


def factor(before: Sequence[float], after: Sequence[float]) -> float:
    """By how much the processor that changed most became slower or faster, above 1 either way."""
    return math.exp(max(abs(math.log(b / a)) for a, b in zip(before, after, strict=True)))


def _settle(processor: int) -> tuple[Any, np.ndarray]:
    """This thread on its processor from now on; the row, as many rows, and an array for their sum."""
    os.sched_setaffinity(threading.get_native_id(), {processor})
    # Both lie in the same way in every process. A sum half a page behind what is added to it does not wait for it.
    size = np.dtype(np.float32).itemsize * _NUMBERS
    memory = np.zeros(2 * (size + _PAGE), np.uint8)
    memory = memory[-memory.ctypes.data % _PAGE :]
    row = memory[:size].view(np.float32)
    row[:] = 1.0
    return np.broadcast_to(row, (_ROWS, _NUMBERS)), memory[size + _PAGE // 2 :][:size].view(np.float32)


def _add(rows: np.ndarray, total: np.ndarray) -> float:
    start = time.perf_counter()
    np.add.reduce(rows, axis=0, out=total)
    return time.perf_counter() - start
