"""What became of a row: the seven outcomes, their numbers in asv, and how a failure is recognised."""

from __future__ import annotations

import re
import signal

# The order is asv's numbering: a step upwards in ``track_outcome`` is a regression.
OUTCOMES = ("ok", "skipped", "over_budget", "oom", "timeout", "wrong", "error")
CODES = {name: code for code, name in enumerate(OUTCOMES)}

_OUT_OF_MEMORY = re.compile(
    r"out[ _]of[ _]memory|can't allocate memory|cannot allocate memory|bad_alloc|RESOURCE_EXHAUSTED|MemoryError"
    r"|STATUS_ALLOC_FAILED|unable to allocate|failed to allocate|OutOfMemory",
    re.IGNORECASE,
)

# How the reason begins of a form that its library cannot compile.
DOES_NOT_COMPILE = "does not compile"

# What CUDA, NVML and the driver say of a device that is not there any more, or lets nobody in.
_LOST_DEVICE = re.compile(
    r"no CUDA-capable device|CUDA-capable device\(s\) is/are busy or unavailable|GPU is lost|fallen off the bus"
    r"|device lost|device unavailable|CUDA_ERROR_(?:NO_DEVICE|DEVICE_UNAVAILABLE)",
    re.IGNORECASE,
)

# After these a CUDA context gives every further call the same error. An unknown one is the driver's: the device may be
# gone, and the next process sees whether it is.
_BROKEN_CONTEXT = re.compile(
    r"illegal memory access|illegal address|illegal instruction|misaligned address|device-side assert"
    r"|unspecified launch failure|uncorrectable ECC|CUDA\b.*unknown error"
    r"|CUDA_ERROR_(?:ILLEGAL|MISALIGNED|ASSERT|LAUNCH_FAILED|ECC|UNKNOWN)|" + _LOST_DEVICE.pattern,
    re.IGNORECASE,
)


def one_line(text: object, limit: int = 300) -> str:
    """The text's lines joined and cut, fit for a reason."""
    joined = " ".join(str(text).split())
    return joined if len(joined) <= limit else joined[: limit - 1] + "…"


def of_exception(error: BaseException) -> tuple[str, str]:
    """Outcome and reason of an exception raised by a kernel."""
    text = f"{type(error).__name__}: {error}"
    if type(error).__name__ == "Unavailable":
        return "skipped", one_line(error)
    # torch before 2.13 compiles no double backward, and says so in a plain RuntimeError.
    if type(error).__module__.startswith(("torch._dynamo", "torch._inductor")) or "double backward" in text:
        return "skipped", one_line(f"{DOES_NOT_COMPILE}: {text}")
    if isinstance(error, MemoryError) or _OUT_OF_MEMORY.search(text):
        return "oom", one_line(text)
    return "error", one_line(text)


def breaks_device(error: BaseException | str) -> bool:
    """Whether nothing that comes after it in its process can be trusted to run."""
    return bool(_BROKEN_CONTEXT.search(str(error)))


def loses_device(text: str) -> bool:
    """Whether what a process on a GPU has said at its end is that the device went away."""
    return bool(_LOST_DEVICE.search(text))


def of_exit(returncode: int, stderr: str, doing: str) -> tuple[str, str]:
    """Outcome and reason of a process that ended before it was done."""
    tail = one_line(stderr[-200:])  # a traceback ends with what happened: its end must not be cut off
    if _OUT_OF_MEMORY.search(stderr):
        return "oom", f"the process ended in {doing}: {tail}"
    if returncode == -signal.SIGKILL:
        return "oom", f"the process was killed in {doing}, most likely by the system's out-of-memory killer"
    named = {int(each): each.name for each in signal.Signals}  # but for most of the real-time ones
    name = named.get(-returncode, f"signal {-returncode}") if returncode < 0 else f"exit status {returncode}"
    return "error", one_line(f"the process ended in {doing} ({name}) {tail}")
