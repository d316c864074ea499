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

# What the CPU's switches read where products of float32 are products of float32.
_TRUE = ("none", "ieee")

_placed: weakref.WeakKeyDictionary[Any, dict] = weakref.WeakKeyDictionary()


def require_device(device: str) -> None:
    """Raise ``Unavailable`` with the reason where the device is missing."""
    if device == "cuda" and not torch.cuda.is_available():
        raise Unavailable("device 'cuda' is not available to torch here")


def configure(threads: int) -> None:
    """One thread number for every operation, and the switches where every kernel wants them, so that in a process that
    times no call pays for setting them. (Elsewhere precision is each kernel's own: :func:`pinned`.)
    """
    torch.set_num_threads(threads)
    for switch in _switches():
        switch.fp32_precision = "ieee"


def _switches() -> tuple[Any, ...]:
    """What torch lets a user lower the precision of float32 products and convolutions with."""
    backends: Any = torch.backends  # its stub does not know them
    return (backends.mkldnn.matmul, backends.mkldnn.conv, backends.cuda.matmul, backends.cudnn.conv)


def is_pinned(dtype: str) -> bool:
    """Whether float32 is float32 already: a look of a quarter of a microsecond, where :func:`pinned` takes fifteen."""
    if dtype == "float64":
        return True
    look = torch._C._get_fp32_precision_getter  # what the switches read, in a tenth of the time
    on_cpu = look("mkldnn", "matmul") in _TRUE and look("mkldnn", "conv") in _TRUE
    if not torch.cuda.is_initialized():
        return on_cpu
    return on_cpu and look("cuda", "matmul") == look("cuda", "conv") == "ieee"  # where "none" may be TF32


@contextlib.contextmanager
def pinned(dtype: str) -> Iterator[None]:
    """True float32 products (TF32 and bfloat16 are modes of their own); the user's switches come back afterwards."""
    switches = _switches()
    before = [switch.fp32_precision for switch in switches]
    for switch in switches:
        switch.fp32_precision = "ieee"
    try:
        yield
    finally:
        for switch, value in zip(switches, before):
            switch.fp32_precision = "none"  # what was inherited is inherited again, and follows the user's next word
            if switch.fp32_precision != value:
                switch.fp32_precision = value


def from_numpy(array: np.ndarray, device: str, dtype: str) -> torch.Tensor:
    return torch.from_numpy(np.ascontiguousarray(array)).to(device=device, dtype=getattr(torch, dtype), copy=True)


def scalar(value: float, device: str, dtype: str) -> float:
    return value


def place(problem: Any, name: str, device: str, dtype: str, own: bool = False) -> torch.Tensor:
    """The problem's array on the device; one copy for all kernels of the problem unless ``own``.

    On the CPU a float32 array is the problem's own memory: nothing is copied.
    """
    if own:
        return from_numpy(problem.masters[name], device, dtype)
    shared = _placed.setdefault(problem, {})
    key = (name, device, dtype)
    if key not in shared:
        shared[key] = torch.from_numpy(problem.masters[name]).to(device=device, dtype=getattr(torch, dtype))
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
    """The tensor's numbers; on the CPU a view, valid until the kernel runs again."""
    return tensor.detach().cpu().numpy()


def held_bytes(call: Callable) -> int:
    """Memory that the prepared function keeps between its calls: a graph's."""
    return call.held_bytes if isinstance(call, Graph) else 0


def memory_analysis(call: Callable) -> None:
    """torch knows no program whose memory could be read."""
    return


class _Call:
    """A function of no arguments as a kernel, for the ceilings."""

    def __init__(self, function: Callable):
        self.run, self.wait = function, wait


def ceiling(device: str, dtype: str) -> tuple[dict[str, Any], Any]:
    """Kernels that reach for the machine's limits, a square product and a copy, and the canary, a small product."""
    size, copied, small = (8192, 1 << 30, 1024) if device == "cuda" else (1024, 1 << 28, 256)
    kind = getattr(torch, dtype)
    a = torch.randn(size, size, dtype=kind, device=device)
    c = torch.randn(small, small, dtype=kind, device=device)
    count = copied // a.element_size()
    source, target = torch.ones(count, dtype=kind, device=device), torch.empty(count, dtype=kind, device=device)
    return {
        "gemm": _Call(lambda: a @ a),
        "gemm_flops": 2.0 * size**3,
        "gemm_name": f"{size}x{size}x{size} {dtype}",
        "copy": _Call(lambda: target.copy_(source)),
        "copy_bytes": 2.0 * copied,
        "copy_name": f"{copied >> 20} MiB {dtype}",
        "canary_name": f"{small}x{small}x{small} {dtype} product",
    }, _Call(lambda: c @ c)
