"""The GPU that both backends use: the first that the CUDA driver shows to this process.

The driver honours ``CUDA_VISIBLE_DEVICES`` and its order, which ``nvidia-smi`` and NVML do not: the driver says which
card it is, by its PCI address, and NVML (``nvidia-ml-py``) what that card is.
"""

from __future__ import annotations

import ctypes
from collections.abc import Mapping

NOTHING: Mapping[str, str | None] = {"gpu": None, "driver": None}


def facts() -> Mapping[str, str | None]:
    """``gpu``, the card's name, and ``driver``, the version of its driver; None where there is none.

    Without ``nvidia-ml-py`` the name is the CUDA driver's, and the version stays unknown.
    """
    card = first_visible()
    if card is None:
        return NOTHING
    address, name = card
    try:
        import pynvml  # pyright: ignore[reportMissingImports]
    except ImportError:
        return {"gpu": name, "driver": None}
    try:
        pynvml.nvmlInit()
        try:
            handle = pynvml.nvmlDeviceGetHandleByPciBusId(address)
            return {
                "gpu": _text(pynvml.nvmlDeviceGetName(handle)),
                "driver": _text(pynvml.nvmlSystemGetDriverVersion()),
            }
        finally:
            pynvml.nvmlShutdown()
    except pynvml.NVMLError:  # a container may have the CUDA driver without NVML
        return {"gpu": name, "driver": None}


def first_visible() -> tuple[str, str] | None:
    """PCI address and name of the driver's device 0; None where there is no driver or no device is visible."""
    try:
        driver = ctypes.CDLL("libcuda.so.1")
    except OSError:
        return None
    device, address, name = ctypes.c_int(), ctypes.create_string_buffer(32), ctypes.create_string_buffer(256)
    failed = (
        driver.cuInit(0)
        or driver.cuDeviceGet(ctypes.byref(device), 0)
        or driver.cuDeviceGetPCIBusId(address, len(address), device)
        or driver.cuDeviceGetName(name, len(name), device)
    )
    return None if failed else (address.value.decode(), name.value.decode(errors="replace"))


def _text(value: str | bytes) -> str:
    """nvidia-ml-py before 12 answers in bytes."""
    return value.decode() if isinstance(value, bytes) else value
