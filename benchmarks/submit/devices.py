"""The CUDA devices that this process may use, by the names that ``CUDA_VISIBLE_DEVICES`` takes."""

from __future__ import annotations

import ctypes
import os


def visible_cards() -> tuple[str, ...]:
    """Numbers or identifiers, in the driver's order; none where there is no driver.

    Of those that ``CUDA_VISIBLE_DEVICES`` names the driver shows the ones before the first that it does not know.
    """
    count = _count()
    named = os.environ.get("CUDA_VISIBLE_DEVICES")
    names = [str(number) for number in range(count)] if named is None else [each.strip() for each in named.split(",")]
    return tuple(names[:count])


def _count() -> int:
    try:
        driver = ctypes.CDLL("libcuda.so.1")
    except OSError:
        return 0
    count = ctypes.c_int()
    return 0 if driver.cuInit(0) or driver.cuDeviceGetCount(ctypes.byref(count)) else count.value
