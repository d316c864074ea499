"""Seconds of a block of calls, device work included."""

from __future__ import annotations

import gc
import time
from typing import Any


def sample(kernel: Any, number: int) -> float:
    """Mean seconds of one call over a block of ``number`` calls, each waited for on its whole result.

    The garbage collector is off within the block. The host's clock is the one that counts: on CUDA it includes the
    launch and the wait, which is what a training loop pays.
    """
    run, wait = kernel.run, kernel.wait
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        start = time.perf_counter()
        for _ in range(number):
            wait(run())
        return (time.perf_counter() - start) / number
    finally:
        if was_enabled:
            gc.enable()


def calls_per_sample(seconds: float, block_s: float) -> int:
    """Calls in one block so that it lasts at least ``block_s``."""
    return max(1, min(10_000, -int(-block_s // max(seconds, 1e-7))))
