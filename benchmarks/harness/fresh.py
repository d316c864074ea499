"""Fresh memory in every call: what a user's process pays for the pages of its results, where a session keeps its own.

Under the policy ``kept`` an array that is freed leaves its pages with the process, and the next one of its size finds
them there. The form ``allocating`` is to show the opposite: what the default allocator costs, which maps a large array
at its allocation and gives it back when it is freed. Its samples give the pages of every result back, within the time
of the call, before the result is dropped.
"""

from __future__ import annotations

import ctypes
import errno
import mmap
import os
from collections.abc import Iterator
from typing import Any

from benchmarks.harness import clock, policy

LEAST_BYTES = 128 << 10  # below it glibc's default takes no mapping of its own (mallopt(3), M_MMAP_THRESHOLD)
_DONTNEED = 4  # Linux's MADV_DONTNEED


def applies(row: str, kernel: Any, spec: dict[str, Any]) -> bool:
    """Whether the row pays for fresh pages and would not by itself. One call of the kernel shows how large results are.

    Not on a GPU, whose memory the frameworks keep for themselves and for the user alike.
    """
    hidden = spec["allocator"] == "kept" and spec["cell"]["device"] == "cpu" and policy.is_glibc()
    if not hidden or not row.endswith(":allocating"):
        return False
    out = kernel.run()
    kernel.wait(out)
    return any(array.nbytes >= LEAST_BYTES for array in _arrays(out))


def sample(kernel: Any, number: int) -> float:
    """``clock.sample`` with fresh pages for the results of every call.

    A call before it leaves the first one no page, a call after it brings all back, so that no other row pays for them.
    """
    giving_back = _GivingBack(kernel)
    clock.sample(giving_back, 1)
    seconds = clock.sample(giving_back, number)
    clock.sample(kernel, 1)
    return seconds


class _GivingBack:
    """The kernel, whose results have no pages left once they have been waited for."""

    def __init__(self, kernel: Any):
        self.run, self._wait = kernel.run, kernel.wait

    def wait(self, out: Any) -> None:
        self._wait(out)
        for array in _arrays(out):
            if array.nbytes >= LEAST_BYTES:
                _give_back(_address(array), array.nbytes)


def _give_back(address: int, size: int) -> None:
    """Give the system the whole pages within an array that lives, whose content is then lost.

    While the array lives no one else's data lies between its ends, and the allocator's own lies outside.
    """
    first = -(-address // mmap.PAGESIZE) * mmap.PAGESIZE
    length = (address + size) // mmap.PAGESIZE * mmap.PAGESIZE - first
    libc = ctypes.CDLL(None, use_errno=True)
    if length > 0 and libc.madvise(ctypes.c_void_p(first), ctypes.c_size_t(length), _DONTNEED):
        code = ctypes.get_errno()
        raise OSError(code, f"madvise: {errno.errorcode.get(code)}: {os.strerror(code)}")


def _arrays(out: Any) -> Iterator[Any]:
    if isinstance(out, list | tuple):
        for part in out:
            yield from _arrays(part)
    else:
        yield out


def _address(array: Any) -> int:
    """Of torch's arrays or JAX's, whichever commit's kernel they are from."""
    return array.data_ptr() if hasattr(array, "data_ptr") else array.unsafe_buffer_pointer()
