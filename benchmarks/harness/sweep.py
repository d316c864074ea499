"""A cold L2 cache on CUDA: every line of it is written over between two calls."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from benchmarks.harness import gpu

TIMES = 2  # of the cache's size: nothing older survives, however lines are replaced


def sweeper(backend: str) -> Callable[[], None] | None:
    """What writes a buffer of twice the size of the card's L2 cache and returns when that is done.

    None where the CUDA driver does not tell the size: another card's would leave part of the cache warm, or sweep for
    nothing.
    """
    size = gpu.l2_bytes()
    if size is None:
        return None
    return _torch(TIMES * size) if backend == "torch" else _jax(TIMES * size)


def _torch(size: int) -> Callable[[], None]:
    import torch

    buffer = torch.empty(size, dtype=torch.uint8, device="cuda")

    def sweep() -> None:
        buffer.zero_()
        torch.cuda.synchronize()

    return sweep


def _jax(size: int) -> Callable[[], None]:
    import jax
    import numpy as np

    device: Any = jax.devices("gpu")[0]
    value = jax.device_put(np.float32(1), device)  # an argument: of a constant the compiler could make another one
    write = jax.jit(lambda value: jax.numpy.broadcast_to(value, (size // 4,))).lower(value).compile()

    def sweep() -> None:
        jax.block_until_ready(write(value))

    return sweep
