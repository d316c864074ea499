"""Peak memory of one call, and the name of the instrument that read it."""

from __future__ import annotations

import contextlib
import ctypes
import os
import sys
from pathlib import Path
from typing import Any

_STATUS = Path("/proc/self/status")


def instrument(backend: str, device: str) -> str:
    """What reads the peak of a call.

    JAX: ``memory_analysis()`` of the compiled program (results and temporaries, less what is donated). torch on CUDA:
    ``max_memory_allocated``. torch on the CPU: the rise of the process's VmHWM, which the kernel lets us reset (Linux
    only); pages that the allocator already held do not count, so it reads low for small sizes.
    """
    if backend == "jax":
        return "memory_analysis"
    return "max_memory_allocated rise" if device == "cuda" else "VmHWM rise"


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
        return float(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_AVPHYS_PAGES"))
    return float(psutil.virtual_memory().available)


def mark(device: str) -> int | None:
    """Start watching the peak; bytes held now, None where nothing can be read."""
    if device == "cuda":
        if "torch" not in sys.modules:
            return None
        import torch

        torch.cuda.synchronize()
        torch.cuda.reset_peak_memory_stats()
        return torch.cuda.memory_allocated()
    return _reset_peak()


def risen(before: int | None, device: str) -> int | None:
    """By how many bytes the peak since ``mark`` lies above what was held then."""
    if before is None:
        return None
    if device == "cuda":
        import torch

        return torch.cuda.max_memory_allocated() - before
    return max(0, _read("VmHWM") - before)


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


def _reset_peak() -> int | None:
    """Give freed pages back, set VmHWM to the present size and return that size."""
    try:
        with contextlib.suppress(OSError, AttributeError):
            ctypes.CDLL("libc.so.6").malloc_trim(0)
        Path("/proc/self/clear_refs").write_text("5")
        return _read("VmRSS")
    except OSError:
        return None


def _read(field: str) -> int:
    for line in _STATUS.read_text().splitlines():
        if line.startswith(field + ":"):
            return int(line.split()[1]) * 1024
    raise OSError(f"{field} is not in {_STATUS}")
