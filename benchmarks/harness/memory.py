"""Peak memory of one call, and the name of the instrument that read it."""

from __future__ import annotations

import contextlib
import ctypes
from pathlib import Path
from typing import Any

_STATUS = Path("/proc/self/status")


def peak_of_call(kernel: Any, backend: str, device: str) -> tuple[int | None, str | None]:
    """Run the kernel once and return the bytes it held at its peak beyond what was held before, and the instrument.

    torch on CUDA: ``max_memory_allocated``. JAX: ``memory_analysis()`` of the compiled program (results and
    temporaries, less what is donated). torch on the CPU: the rise of the process's VmHWM, which the kernel lets us
    reset (Linux only); pages that the allocator already held do not count, so it reads low for small sizes. None
    where there is no instrument.
    """
    if backend == "jax":
        return _compiled(kernel), "memory_analysis"
    if device == "cuda":
        import torch

        torch.cuda.synchronize()
        torch.cuda.reset_peak_memory_stats()
        before = torch.cuda.memory_allocated()
        kernel.wait(kernel.run())
        return torch.cuda.max_memory_allocated() - before, "max_memory_allocated rise"
    before = _reset_peak()
    kernel.wait(kernel.run())
    return (None, None) if before is None else (max(0, _read("VmHWM") - before), "VmHWM rise")


def _compiled(kernel: Any) -> int | None:
    analysis = kernel.memory_analysis()
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
