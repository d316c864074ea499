"""The GPU that both backends use: the first that the CUDA driver shows to this process.

The driver honours ``CUDA_VISIBLE_DEVICES`` and its order, which ``nvidia-smi`` and NVML do not: the driver says which
card it is, by its PCI address, and NVML (``nvidia-ml-py``) what that card is.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
from collections.abc import Iterator, Mapping
from typing import Any

NOTHING: Mapping[str, str | None] = {"gpu": None, "driver": None}
_L2_CACHE_SIZE = 38  # the CUDA driver's CU_DEVICE_ATTRIBUTE_L2_CACHE_SIZE

# By itself XLA tunes Triton kernels for every product beside cuBLAS's: for one true float32 product of 8,192 that had
# not ended after a minute (on an H100, beside other processes), where cuBLAS alone took seconds. A user's own XLA_FLAGS
# stand, empty ones too; records have them.
XLA_FLAGS = "--xla_gpu_enable_triton_gemm=false"


def set_xla_flags() -> None:
    """Those that sessions on a GPU have where the user has none."""
    os.environ.setdefault("XLA_FLAGS", XLA_FLAGS)


def facts() -> Mapping[str, str | None]:
    """``gpu``, the card's name, and ``driver``, the version of its driver; None where there is none.

    Without ``nvidia-ml-py`` the name is the CUDA driver's, and the version stays unknown.
    """
    card = first_visible()
    if card is None:
        return NOTHING
    address, name = card
    with nvml(address) as (library, handle):
        if library is None:
            return {"gpu": name, "driver": None}
        try:
            return {
                "gpu": _text(library.nvmlDeviceGetName(handle)),
                "driver": _text(library.nvmlSystemGetDriverVersion()),
            }
        except library.NVMLError:
            return {"gpu": name, "driver": None}


@contextlib.contextmanager
def nvml(address: str) -> Iterator[tuple[Any, Any]]:
    """NVML and its handle of the card at this PCI address; (None, None) where it cannot be asked."""
    found = None, None
    with contextlib.ExitStack() as stack:
        with contextlib.suppress(ImportError):
            import pynvml  # pyright: ignore[reportMissingImports]

            with contextlib.suppress(pynvml.NVMLError):  # a container may have the CUDA driver without NVML
                pynvml.nvmlInit()
                stack.callback(pynvml.nvmlShutdown)
                found = pynvml, pynvml.nvmlDeviceGetHandleByPciBusId(address)
        yield found


def first_visible() -> tuple[str, str] | None:
    """PCI address and name of the driver's device 0; None where there is no driver or no device is visible."""
    if (found := _first_device()) is None:
        return None
    driver, device = found
    address, name = ctypes.create_string_buffer(32), ctypes.create_string_buffer(256)
    failed = driver.cuDeviceGetPCIBusId(address, len(address), device) or driver.cuDeviceGetName(
        name, len(name), device
    )
    return None if failed else (address.value.decode(), name.value.decode(errors="replace"))


def l2_bytes() -> int | None:
    """Size of the first visible card's L2 cache by the CUDA driver; None where that cannot be read."""
    if (found := _first_device()) is None:
        return None
    driver, device = found
    size = ctypes.c_int()
    failed = driver.cuDeviceGetAttribute(ctypes.byref(size), _L2_CACHE_SIZE, device)
    return None if failed or size.value <= 0 else size.value


def memory_bytes() -> int | None:
    """All of the first visible card's memory by the CUDA driver; None where that cannot be read."""
    if (found := _first_device()) is None:
        return None
    driver, device = found
    size = ctypes.c_size_t()
    failed = driver.cuDeviceTotalMem_v2(ctypes.byref(size), device)
    return None if failed or size.value <= 0 else size.value


def count() -> int:
    """How many cards the driver shows to this process."""
    driver, found = _driver(), ctypes.c_int()
    return 0 if driver is None or driver.cuDeviceGetCount(ctypes.byref(found)) else found.value


def _first_device() -> tuple[Any, ctypes.c_int] | None:
    """The CUDA driver and its device 0."""
    driver, device = _driver(), ctypes.c_int()
    return None if driver is None or driver.cuDeviceGet(ctypes.byref(device), 0) else (driver, device)


def _driver() -> Any:
    """The CUDA driver, ready to be asked; None where there is none."""
    try:
        driver = ctypes.CDLL("libcuda.so.1")
    except OSError:
        return None
    return None if driver.cuInit(0) else driver


def _text(value: str | bytes) -> str:
    """nvidia-ml-py before 12 answers in bytes."""
    return value.decode() if isinstance(value, bytes) else value
