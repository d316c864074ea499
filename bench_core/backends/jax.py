"""jax: placement, precision, threads, compilation ahead of time, waiting."""

from __future__ import annotations

import contextlib
import ctypes
import os
import weakref
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import jax
import numpy as np

from bench_core.method import Unavailable
from bench_core.precision import PRECISIONS

_placed: weakref.WeakKeyDictionary[Any, dict] = weakref.WeakKeyDictionary()


def require_device(device: str) -> None:
    """Raise ``Unavailable`` with the reason where the device is missing."""
    _device(device)


def configure(threads: int, dtype: str = "float32") -> None:
    """One thread number for XLA's products on the CPU, and CPU calls that run where they are made. (Precision is each
    kernel's own: :func:`pinned`.)

    JAX hands a CPU call to another thread, so that the caller may go on; a caller who waits for each result, as timing
    does, pays for the hand-over and gains nothing (D = 10 on two cores: 57 us a call against 25 us).

    XLA makes its pool once, when jax first touches a device: as large as ``NPROC`` or else the process's affinity says.
    The first call here starts it with ``threads``; raises ``ValueError`` where it already runs with another number
    (seen on Linux only), ``Unavailable`` where JAX cannot start a device that it was told to use. LU and solves run in
    SciPy's OpenBLAS, whose threads this cannot set: ``OPENBLAS_NUM_THREADS``.
    """
    jax.config.update("jax_cpu_enable_async_dispatch", False)  # read once, when jax first touches a device
    before = os.environ.get("NPROC")
    os.environ["NPROC"] = str(threads)
    try:
        jax.devices("cpu")  # starts the pool unless it runs already
    except RuntimeError as error:  # of another device that JAX was told to use, or found and cannot start
        raise Unavailable(f"JAX cannot start its devices: {str(error).splitlines()[0]}") from error
    finally:
        os.environ.pop("NPROC")
        if before is not None:
            os.environ["NPROC"] = before
    running = _pool_size()
    if running not in (None, threads):
        raise ValueError(f"threads = {threads!r}, but XLA's pool already runs with {running}; allowed: {running}")


def is_pinned(dtype: str) -> bool:
    """A compiled program keeps the precision that it was compiled with, whatever the switches say."""
    return True


@contextlib.contextmanager
def pinned(dtype: str) -> Iterator[None]:
    """This dtype and no other (without x64 JAX makes float32 of float64, with it libraries may answer float32 in
    float64), and true float32 products where that is the dtype; afterwards the user's switches are as before.

    TF32 is XLA's default on a GPU, in its own products too: of JAX's "tensorfloat32" only cuBLAS makes TF32. bfloat16
    products are summed in float32.
    """
    precision = "default" if dtype in ("tf32", "bfloat16") else "highest"
    with jax.enable_x64(dtype == "float64"), jax.default_matmul_precision(precision):
        yield


def _numbers(dtype: str) -> np.dtype:
    return getattr(jax.numpy, PRECISIONS[dtype].numbers).dtype


def from_numpy(array: np.ndarray, device: str, dtype: str) -> jax.Array:
    return _put(array, device, dtype, own=True)


def from_indices(array: np.ndarray, device: str) -> jax.Array:
    """Whole numbers that other arrays are indexed with."""
    return jax.device_put(np.asarray(array, np.int32), _device(device)).block_until_ready()


def scalar(value: float, device: str, dtype: str) -> jax.Array:
    """An array without axes, so that it is an argument of the compiled program and never one of its constants."""
    return _put(np.asarray(value), device, dtype, own=True)


def place(problem: Any, name: str, device: str, dtype: str, own: bool = False) -> jax.Array:
    """The problem's array on the device; one copy for all kernels of the problem unless ``own``.

    On the CPU a float32 array is the problem's own memory: nothing is copied. A donated array must be an ``own`` one.
    """
    shared = _placed.setdefault(problem, {})
    key = (name, device, _numbers(dtype))
    if own:
        there = shared.get(key) if device != "cpu" else None  # a copy on the device takes no way over the host
        return _put(problem.masters[name], device, dtype, own=True) if there is None else there.copy()
    if key not in shared:
        shared[key] = _put(problem.masters[name], device, dtype, own=False)
    return shared[key]


def overwrite(placed: jax.Array, array: np.ndarray) -> jax.Array:
    """The array with other numbers: on the CPU in the same memory, which only the kernel's own copies may have done to
    them; elsewhere, where JAX's arrays cannot change, a new one.
    """
    fresh = np.ascontiguousarray(array, dtype=placed.dtype)
    if next(iter(placed.devices())).platform != "cpu":
        return _put(fresh, "cuda", str(placed.dtype), own=True)
    ctypes.memmove(placed.unsafe_buffer_pointer(), fresh.ctypes.data, fresh.nbytes)
    return placed


def buffers(example: Any) -> Any:
    """Arrays like these, to be donated."""
    with jax.enable_x64(True):  # after a call that failed nothing is pinned, and float64 would become float32
        return jax.tree.map(lambda array: jax.numpy.zeros(array.shape, array.dtype, device=array.sharding), example)


def is_there(arrays: Any) -> bool:
    """Whether the arrays can still be read: what is donated to a call that fails may be gone, and what such a call has
    returned is broken where it failed on the device only. Waits for them.
    """
    if any(array.is_deleted() for array in jax.tree.leaves(arrays)):
        return False
    try:
        jax.block_until_ready(arrays)
    except RuntimeError:  # XLA's own are such
        return False
    return True


def into_buffers(function: Callable, count: int) -> tuple[Callable, tuple[int, ...]]:
    """The function of ``count`` arguments, the last of them the result of the call before, and which are donated: it.

    XLA writes the results into donated memory of the same shapes; the function itself need not know.
    """
    return lambda *given: function(*given[:-1]), (count - 1,)


# By form. What goes into command buffers is a list of kinds of commands: this kind is none. (Whether an empty list is
# taken for the default, XLA does not tell.)
_OPTIONS: dict[str, Any] = {"launched": {"xla_gpu_enable_command_buffer": "INVALID"}}


def prepare(function: Callable, arguments: tuple, form: str, donated: tuple[int, ...]) -> jax.stages.Compiled:
    """The function compiled ahead of time for arguments like these, in the precision that is pinned.

    What comes back is JAX's own object: call it; its ``as_text()`` is the HLO and ``memory_analysis()`` the buffers.
    A donated argument that the function does not read lends its memory to a result of the same shape. On a GPU XLA
    launches parts of the program as CUDA graphs, its command buffers, by default; in the form ``launched`` none.
    """
    lowered = jax.jit(function, donate_argnums=donated, keep_unused=bool(donated)).lower(*arguments)
    return lowered.compile(compiler_options=_OPTIONS.get(form))


def wait(out: Any) -> None:
    jax.block_until_ready(out)


def to_numpy(array: jax.Array) -> np.ndarray:
    """The array's numbers, bfloat16 ones as float32; on the CPU a view, valid until the array is donated to the next
    call.
    """
    return np.asarray(array, np.float32 if array.dtype == jax.numpy.bfloat16 else None)


# -- what is asked of an array that stays on its device (bench_core.held) ----------------------------------------------

_ROWS = 4096  # converted to float64 at once


def is_finite(array: jax.Array) -> bool:
    # One pass, and no second array: a number that is not finite makes the sum none, and in float64 no sum overflows.
    with jax.enable_x64(True):
        return bool(jax.numpy.isfinite(jax.numpy.sum(array, dtype="float64")))


def times_transposed(left: np.ndarray, array: jax.Array) -> np.ndarray:
    """``left A^T`` in float64."""
    with jax.enable_x64(True):
        placed = jax.device_put(np.asarray(left, np.float64), array.sharding)
        starts = range(0, array.shape[0], _ROWS)
        return np.concatenate([np.asarray(_times_rows(placed, array[i : i + _ROWS])) for i in starts], 1)


def times(left: np.ndarray, array: jax.Array) -> np.ndarray:
    """``left A`` in float64."""
    with jax.enable_x64(True):
        placed = jax.device_put(np.asarray(left, np.float64), array.sharding)
        starts = range(0, array.shape[0], _ROWS)
        return np.sum([np.asarray(_rows_times(placed[:, i : i + _ROWS], array[i : i + _ROWS])) for i in starts], 0)


def logabsdet(array: jax.Array) -> float:
    """log|det A| by an LU in float64."""
    with jax.enable_x64(True):
        return float(jax.numpy.linalg.slogdet(array.astype("float64"))[1])


@jax.jit
def _rows_times(left: jax.Array, rows: jax.Array) -> jax.Array:
    return jax.numpy.matmul(left, rows.astype("float64"), precision="highest")


@jax.jit
def _times_rows(left: jax.Array, rows: jax.Array) -> jax.Array:
    return jax.numpy.matmul(left, rows.astype("float64").T, precision="highest")


def clone(array: jax.Array) -> jax.Array:
    return array.copy()


def equal(array: jax.Array, other: jax.Array) -> bool:
    with jax.enable_x64(True):
        return bool(jax.numpy.array_equal(array, other))


def any_nonzero(array: jax.Array) -> bool:
    with jax.enable_x64(True):
        return bool(jax.numpy.any(array != 0))


def _device(device: str) -> Any:
    try:
        return jax.devices({"cuda": "gpu"}.get(device, device))[0]
    except RuntimeError as error:
        raise Unavailable(f"device {device!r} is not available to jax here") from error


def _put(array: np.ndarray, device: str, dtype: str, own: bool) -> jax.Array:
    """The array on the device; shared where memory, alignment and dtype allow it and ``own`` does not forbid it."""
    numbers = _numbers(dtype)
    placed = jax.device_put(np.asarray(array, dtype=numbers), _device(device))
    if own and device == "cpu":
        placed = placed.copy()  # device_put shares NumPy's memory even with may_alias=False
    if placed.dtype != numbers:
        raise TypeError(f"placed as {placed.dtype}, asked for {numbers}")
    return placed.block_until_ready()


def _pool_size() -> int | None:
    """Threads of XLA's pool on the CPU; None where the system does not tell."""
    try:
        names = [(task / "comm").read_text().strip() for task in Path("/proc/self/task").iterdir()]
    except OSError:
        return None
    return names.count("tf_XLAEigen") or None


def held_bytes(call: jax.stages.Compiled) -> int:
    """Memory that the prepared function keeps between its calls: none."""
    return 0


def memory_analysis(call: jax.stages.Compiled) -> Any:
    """What the compiled program says of its memory: sizes of its arguments, results, aliases and temporaries."""
    return call.memory_analysis()


class _Call:
    """A compiled function with its arguments as a kernel, for the ceilings."""

    def __init__(self, function: Callable, *arguments: jax.Array):
        compiled = prepare(function, arguments, "jit", ())
        self.run, self.wait = lambda: compiled(*arguments), wait


def ceiling(device: str, dtype: str) -> tuple[dict[str, Any], Any]:
    """Kernels that reach for the machine's limits, a square product, a copy and a launch of next to nothing, and the
    canary, a small product.
    """
    with pinned(dtype):
        return _ceiling(device, dtype)


def _ceiling(device: str, dtype: str) -> tuple[dict[str, Any], Any]:
    size, copied, small = (8192, 1 << 30, 1024) if device == "cuda" else (1024, 1 << 28, 256)
    rng = np.random.default_rng(0)
    a, c = (from_numpy(rng.standard_normal((n, n), dtype=np.float32), device, dtype) for n in (size, small))
    # Made where it is: on its way from the host it takes ten times as long.
    source = jax.numpy.ones(copied // PRECISIONS[dtype].itemsize, _numbers(dtype), device=_device(device))
    return {
        "gemm": _Call(lambda a: a @ a, a),
        "gemm_flops": 2.0 * size**3,
        "gemm_name": f"{size}x{size}x{size} {dtype}",
        "copy": _Call(lambda source: source + 1, source),
        "copy_bytes": 2.0 * copied,
        "copy_name": f"{copied >> 20} MiB {dtype}",
        "launch": _Call(lambda one: one + 1, from_numpy(np.zeros(1, np.float32), device, dtype)),
        "canary_name": f"{small}x{small}x{small} {dtype} product",
    }, _Call(lambda c: c @ c, c)
