"""torch: placement, precision, threads, forms, waiting."""

from __future__ import annotations

import contextlib
import shutil
import weakref
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import torch
from torch.utils._pytree import tree_map

from bench_core.backends._graph import Graph
from bench_core.method import Unavailable
from bench_core.precision import PRECISIONS

# What the CPU's switches read where products of float32 are products of float32.
_TRUE = ("none", "ieee")

_placed: weakref.WeakKeyDictionary[Any, dict] = weakref.WeakKeyDictionary()


def require_device(device: str) -> None:
    """Raise ``Unavailable`` with the reason where the device is missing."""
    if device == "cuda" and not torch.cuda.is_available():
        raise Unavailable("device 'cuda' is not available to torch here")


def refuse_autocast(x: torch.Tensor) -> None:
    """Raise ``ValueError`` in one line where autocast would choose another precision than that of a layer's input."""
    if torch.is_autocast_enabled(x.device.type):
        raise ValueError("autocast is on; allowed: torch.autocast(..., enabled=False) around these layers")


def configure(threads: int, dtype: str = "float32") -> None:
    """One thread number for every operation, and the switches where every kernel of this dtype wants them, so that in a
    process that times no call pays for setting them. (Elsewhere precision is each kernel's own: :func:`pinned`.)
    """
    torch.set_num_threads(threads)
    _pin(dtype)


def _pin(dtype: str, older: bool = True) -> None:
    """True float32 products, and TF32 ones on a GPU where that is the dtype; bfloat16 ones are summed in float32. What
    is made without a dtype, as libraries do, is float32, as torch has it by itself.

    For TF32 the ``older`` switch says the same: torch.compile may read it, and raises where it contradicts the others.
    """
    torch.set_default_dtype(torch.float32)
    lowered = "tf32" if dtype == "tf32" else "ieee"
    if older and dtype == "tf32":
        torch.set_float32_matmul_precision("high")
    for switch, precision in zip(_switches(), ("ieee", "ieee", lowered, lowered)):
        switch.fp32_precision = precision
    if dtype == "bfloat16":
        torch.backends.cuda.matmul.allow_bf16_reduced_precision_reduction = False


def _switches() -> tuple[Any, ...]:
    """What torch lets a user lower the precision of float32 products and convolutions with."""
    backends: Any = torch.backends  # its stub does not know them
    return (backends.mkldnn.matmul, backends.mkldnn.conv, backends.cuda.matmul, backends.cudnn.conv)


def _older() -> str | None:
    """What torch's first switch of all float32 products reads; None where the user's others contradict it."""
    try:
        return torch.get_float32_matmul_precision()
    except RuntimeError:
        return None


def _reductions() -> Any:
    """Whether parts of a GPU's bfloat16 product may be summed in bfloat16, as it can be set again: newer versions say
    too whether there may be parts.
    """
    products: Any = torch.backends.cuda.matmul
    allowed = products.allow_bf16_reduced_precision_reduction
    parts = getattr(products, "allow_bf16_reduced_precision_reduction_split_k", None)
    return allowed if parts is None else (allowed, parts)


def is_pinned(dtype: str) -> bool:
    """Whether products are this dtype's already: a look of less than a microsecond, where :func:`pinned` takes a
    dozen.
    """
    if torch.get_default_dtype() is not torch.float32:
        return False
    if dtype == "float64":
        return True
    if dtype == "bfloat16":
        return not torch.backends.cuda.matmul.allow_bf16_reduced_precision_reduction
    look = torch._C._get_fp32_precision_getter  # what the switches read, in a tenth of the time
    if dtype == "tf32":
        return look("cuda", "matmul") == look("cuda", "conv") == "tf32"
    on_cpu = look("mkldnn", "matmul") in _TRUE and look("mkldnn", "conv") in _TRUE
    if not torch.cuda.is_initialized():
        return on_cpu
    return on_cpu and look("cuda", "matmul") == look("cuda", "conv") == "ieee"  # where "none" may be TF32


@contextlib.contextmanager
def pinned(dtype: str) -> Iterator[None]:
    """This dtype's products and no others (see :func:`_pin`); the user's switches come back afterwards."""
    switches, older, reductions = _switches(), _older() if dtype == "tf32" else None, _reductions()
    default = torch.get_default_dtype()
    before = [switch.fp32_precision for switch in switches]
    try:
        _pin(dtype, older is not None)
        yield
    finally:
        torch.set_default_dtype(default)
        if older is not None:
            torch.set_float32_matmul_precision(older)
        torch.backends.cuda.matmul.allow_bf16_reduced_precision_reduction = reductions
        for switch, value in zip(switches, before):
            switch.fp32_precision = "none"  # what was inherited is inherited again, and follows the user's next word
            if switch.fp32_precision != value:
                switch.fp32_precision = value


def _numbers(dtype: str) -> torch.dtype:
    return getattr(torch, PRECISIONS[dtype].numbers)


def from_numpy(array: np.ndarray, device: str, dtype: str) -> torch.Tensor:
    return torch.from_numpy(np.ascontiguousarray(array)).to(device=device, dtype=_numbers(dtype), copy=True)


def from_indices(array: np.ndarray, device: str) -> torch.Tensor:
    """Whole numbers that other arrays are indexed with."""
    return torch.from_numpy(np.ascontiguousarray(array, np.int64)).to(device=device)


def scalar(value: float, device: str, dtype: str) -> float:
    return value


def place(problem: Any, name: str, device: str, dtype: str, own: bool = False) -> torch.Tensor:
    """The problem's array on the device; one copy for all kernels of the problem unless ``own``.

    On the CPU a float32 array is the problem's own memory: nothing is copied.
    """
    shared = _placed.setdefault(problem, {})
    key = (name, device, _numbers(dtype))
    if own:
        there = shared.get(key) if device != "cpu" else None  # a copy on the device takes no way over the host
        return from_numpy(problem.masters[name], device, dtype) if there is None else there.clone()
    if key not in shared:
        shared[key] = torch.from_numpy(problem.masters[name]).to(device=device, dtype=_numbers(dtype))
    return shared[key]


def overwrite(tensor: torch.Tensor, array: np.ndarray) -> torch.Tensor:
    """The tensor, with the array's numbers written into its memory."""
    return tensor.copy_(torch.from_numpy(array))


def buffers(example: Any) -> Any:
    """Uninitialised tensors like these, in the same lists and dictionaries."""
    return tree_map(torch.empty_like, example)


def is_there(arrays: Any) -> bool:
    """Whether the arrays can still be read: tensors always can."""
    return True


def into_buffers(function: Callable, count: int) -> tuple[Callable, tuple[int, ...]]:
    """The function of ``count`` arguments with the last of them as its ``out``, and which are donated: none."""
    return lambda *given: function(*given[:-1], out=given[-1]), ()


def prepare(function: Callable, arguments: tuple, form: str, donated: tuple[int, ...]) -> Callable:
    """The function in this form. ``compiled`` is compiled at its first call, ``graph`` is captured here, and may write
    the donated arguments.
    """
    if form == "graph":
        return Graph(function, arguments, donated)
    if form != "compiled":
        return function
    if arguments[0].device.type == "cpu" and not shutil.which("g++"):
        raise Unavailable("form 'compiled' needs a C++ compiler (g++) for torch.compile on the CPU")
    # The autodiff methods call torch.autograd.grad; torch versions that can trace it do so only when asked to.
    if hasattr(torch._dynamo.config, "trace_autograd_ops"):
        torch._dynamo.config.trace_autograd_ops = True
    return torch.compile(function, fullgraph=True, dynamic=False)


def wait(out: Any) -> None:
    if torch.cuda.is_initialized():
        torch.cuda.synchronize()


def to_numpy(tensor: torch.Tensor) -> np.ndarray:
    """The tensor's numbers, bfloat16 ones as float32; on the CPU a view, valid until the kernel runs again."""
    held = tensor.detach().cpu()
    return (held.float() if held.dtype == torch.bfloat16 else held).numpy()


# -- what is asked of an array that stays on its device (bench_core.held) ----------------------------------------------

_ROWS = 4096  # converted to float64 at once


def is_finite(tensor: torch.Tensor) -> bool:
    # One pass, and no second array: a number that is not finite makes the sum none, and in float64 no sum overflows.
    return bool(torch.isfinite(tensor.detach().sum(dtype=torch.float64)))


def times_transposed(left: np.ndarray, tensor: torch.Tensor) -> np.ndarray:
    """``left A^T`` in float64."""
    placed = torch.from_numpy(np.ascontiguousarray(left)).to(tensor.device)
    return torch.cat([placed @ rows.double().T for rows in tensor.detach().split(_ROWS)], 1).cpu().numpy()


def times(left: np.ndarray, tensor: torch.Tensor) -> np.ndarray:
    """``left A`` in float64."""
    placed = torch.from_numpy(np.ascontiguousarray(left)).to(tensor.device)
    parts = zip(placed.split(_ROWS, 1), tensor.detach().split(_ROWS))
    return sum(part @ rows.double() for part, rows in parts).cpu().numpy()  # pyright: ignore[reportAttributeAccessIssue]


def logabsdet(tensor: torch.Tensor) -> float:
    """log|det A| by an LU in float64."""
    return float(torch.linalg.slogdet(tensor.detach().double()).logabsdet)


def clone(tensor: torch.Tensor) -> torch.Tensor:
    return tensor.detach().clone()


def equal(tensor: torch.Tensor, other: torch.Tensor) -> bool:
    return torch.equal(tensor, other)


def any_nonzero(tensor: torch.Tensor) -> bool:
    return bool(torch.count_nonzero(tensor))


def held_bytes(call: Callable) -> int:
    """Memory that the prepared function keeps between its calls: a graph's."""
    return call.held_bytes if isinstance(call, Graph) else 0


def memory_analysis(call: Callable) -> None:
    """torch knows no program whose memory could be read."""
    return


class _Call:
    """A function of no arguments as a kernel of this dtype, for the ceilings."""

    def __init__(self, function: Callable, dtype: str):
        self._function, self._dtype, self.wait = function, dtype, wait

    def run(self) -> Any:
        if is_pinned(self._dtype):
            return self._function()
        with pinned(self._dtype):
            return self._function()


def ceiling(device: str, dtype: str) -> tuple[dict[str, Any], Any]:
    """Kernels that reach for the machine's limits, a square product, a copy and a launch of next to nothing, and the
    canary, a small product.
    """
    size, copied, small = (8192, 1 << 30, 1024) if device == "cuda" else (1024, 1 << 28, 256)
    kind = _numbers(dtype)
    a = torch.randn(size, size, dtype=kind, device=device)
    c = torch.randn(small, small, dtype=kind, device=device)
    count = copied // a.element_size()
    one = torch.zeros(1, dtype=kind, device=device)
    source, target = torch.ones(count, dtype=kind, device=device), torch.empty(count, dtype=kind, device=device)
    return {
        "gemm": _Call(lambda: a @ a, dtype),
        "gemm_flops": 2.0 * size**3,
        "gemm_name": f"{size}x{size}x{size} {dtype}",
        "copy": _Call(lambda: target.copy_(source), dtype),
        "copy_bytes": 2.0 * copied,
        "copy_name": f"{copied >> 20} MiB {dtype}",
        "launch": _Call(lambda: one.add_(1), dtype),
        "canary_name": f"{small}x{small}x{small} {dtype} product",
    }, _Call(lambda: c @ c, dtype)
