"""How a failure becomes an outcome and one line."""

from __future__ import annotations

import signal

import pytest

from bench_core import Unavailable
from benchmarks.harness import outcome


@pytest.mark.parametrize(
    ("text", "broken"),
    [
        ("CUDA error: an illegal memory access was encountered", True),
        ("CUDA error: device-side assert triggered", True),
        ("INTERNAL: CUDA_ERROR_ILLEGAL_ADDRESS: an illegal memory access was encountered", True),
        ("CUDA error: uncorrectable ECC error encountered", True),
        ("CUDA error: unknown error\nCUDA kernel errors might be asynchronously reported", True),
        ("INTERNAL: CUDA error: Failed to synchronize: CUDA_ERROR_UNKNOWN: unknown error", True),
        ("CUDA error: no CUDA-capable device is detected", True),
        ("unknown error of a kernel that knows no better", False),
        ("CUDA out of memory. Tried to allocate 2.98 GiB", False),
        ("cusolver error: CUSOLVER_STATUS_INTERNAL_ERROR", False),
    ],
)
def test_an_error_after_which_nothing_runs_is_known(text, broken):
    assert outcome.breaks_device(RuntimeError(text)) is broken


@pytest.mark.parametrize(
    "text",
    [
        "CUDA error: no CUDA-capable device is detected",
        "CUDA error: CUDA-capable device(s) is/are busy or unavailable",
        "INTERNAL: failed call to cuInit: CUDA_ERROR_NO_DEVICE: no CUDA-capable device is detected",
        "pynvml.NVMLError_GpuIsLost: GPU is lost",
        "NVRM: Xid (PCI:0000:3b:00): 79, GPU has fallen off the bus.",
    ],
)
def test_a_device_that_went_away_is_known(text):
    assert outcome.loses_device(text)
    assert outcome.breaks_device(text)


@pytest.mark.parametrize("text", ["CUDA error: unknown error", "CUDA error: an illegal memory access was encountered"])
def test_what_a_kernel_may_have_done_itself_does_not_say_that_the_device_went_away(text):
    assert not outcome.loses_device(text)


class OutOfMemoryError(RuntimeError):
    """Named as torch.cuda's, which a machine without a card has too but never raises."""


class JaxRuntimeError(RuntimeError):
    """Named as JAX's, once XlaRuntimeError."""


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (MemoryError(), "oom"),
        (
            RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory: you tried to allocate 8 bytes"),
            "oom",
        ),
        (RuntimeError("RESOURCE_EXHAUSTED: Out of memory allocating 400 bytes"), "oom"),
        (OutOfMemoryError("CUDA out of memory. Tried to allocate 2.98 GiB. GPU 0 has a total capacity of 79"), "oom"),
        (RuntimeError("CUDA driver error: CUDA_ERROR_OUT_OF_MEMORY"), "oom"),
        (RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`"), "oom"),
        (RuntimeError("cusolver error: CUSOLVER_STATUS_ALLOC_FAILED, when calling `cusolverDnCreate(handle)`"), "oom"),
        (JaxRuntimeError("RESOURCE_EXHAUSTED: Out of memory while trying to allocate 3200000000 bytes."), "oom"),
        (JaxRuntimeError("INTERNAL: cuSolver internal error"), "error"),
        (RuntimeError("CUDA error: an illegal memory access was encountered"), "error"),
        (Unavailable("device 'cuda' is not available to torch here"), "skipped"),
        (RuntimeError("torch.compile with aot_autograd does not currently support double backward"), "skipped"),
        (ZeroDivisionError("division by zero"), "error"),
    ],
)
def test_of_exception(error, kind):
    got, reason = outcome.of_exception(error)
    assert got == kind
    assert "\n" not in reason


def test_of_exit_names_the_signal_and_the_work():
    assert outcome.of_exit(-signal.SIGKILL, "", "first call")[0] == "oom"
    assert outcome.of_exit(-signal.SIGABRT, "terminate called after throwing 'std::bad_alloc'", "build")[0] == "oom"
    kind, reason = outcome.of_exit(-signal.SIGSEGV, "", "first call")
    assert kind == "error"
    assert "SIGSEGV" in reason
    assert "first call" in reason
    assert "signal 40" in outcome.of_exit(-40, "", "first call")[1]  # a real-time one, which has no name


def test_of_exit_ends_with_what_a_traceback_says_last():
    traceback = (
        "Traceback (most recent call last):\n" + 40 * '  File "<frozen importlib>", line 1\n' + "RuntimeError: why"
    )
    assert outcome.of_exit(1, traceback, "start")[1].endswith("RuntimeError: why")


def test_worse_outcomes_have_larger_numbers():
    """asv sees only rises: ok must be the least, and a new oom a rise over what was merely not tried."""
    assert list(outcome.CODES.values()) == [0, 1, 2, 3, 4, 5, 6]
    assert outcome.CODES["ok"] < outcome.CODES["over_budget"] < outcome.CODES["oom"] < outcome.CODES["wrong"]


def test_reasons_are_cut():
    assert len(outcome.one_line("word " * 500)) <= 300
