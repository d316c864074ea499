"""Master arrays: seeded float32 data that backends share, and float64 products with them for the oracles."""

from __future__ import annotations

import collections
import os
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np

from bench_core.held import Held

# Numbers in one block of rows: 32 MiB of float64, so that no float64 copy of a large matrix is ever held whole.
BLOCK = 1 << 22
AHEAD = min(8, os.cpu_count() or 1)  # blocks that are converted at once


class Float64View(Mapping):
    """Masters as float64, one array converted whenever it is asked for."""

    def __init__(self, masters: dict[str, np.ndarray]):
        self._masters = masters

    def __getitem__(self, name: str) -> np.ndarray:
        return self._masters[name].astype(np.float64)

    def __iter__(self) -> Iterator[str]:
        return iter(self._masters)

    def __len__(self) -> int:
        return len(self._masters)


def take(name: str, given: Any) -> np.ndarray:
    """A user's array as float64, by value: NumPy's, a torch tensor on any device (a ``Parameter`` too), JAX's, a list.

    What the user does to it afterwards does not reach the copy. Raises ``ValueError`` in one line for what is not an
    array of real numbers.
    """
    try:
        held = given
        if hasattr(given, "detach"):  # torch: with a graph behind it, or on a device
            held = given.detach().cpu().resolve_neg()
            held = held if held.is_complex() else held.double()
        array = np.asarray(held)
        if array.dtype.kind in "cOSUMm":
            raise TypeError
        return np.array(array, dtype=np.float64, order="C")
    except (TypeError, ValueError, RuntimeError) as error:  # RuntimeError: a tensor without numbers, a deleted array
        kind = getattr(given, "dtype", type(given).__name__)
        raise ValueError(f"{name} is {kind}; allowed: an array of real numbers") from error


def adopt(given: Mapping[str, Any], shape: Callable[[str], tuple[int, ...]]) -> dict[str, np.ndarray]:
    """A user's arrays as float64 masters, by value (see :func:`take`).

    Raises ``ValueError`` where an array has not the shape of its name or holds numbers that are not finite.
    """
    taken = {name: take(name, array) for name, array in given.items()}
    for name, array in taken.items():
        if array.shape != shape(name):
            raise ValueError(f"{name} has shape {array.shape}; allowed: {shape(name)}")
        if not np.isfinite(array).all():
            raise ValueError(f"{name} holds numbers that are not finite; allowed: finite numbers")
    return taken


def relative_error(difference: np.ndarray, reference: np.ndarray) -> float:
    """``|difference| / |reference|`` over all entries, in the 2-norm; ``|difference|`` where the reference is zero."""
    size = np.linalg.norm(reference)
    return float(np.linalg.norm(difference) / (size or 1))


def aligned(shape: tuple[int, ...]) -> np.ndarray:
    """Uninitialised float32 array on a 64-byte boundary: JAX then shares it on the CPU where it would otherwise
    copy.
    """
    size = int(np.prod(shape)) * 4
    raw = np.empty(size + 64, dtype=np.uint8)
    start = -raw.ctypes.data % 64
    return raw[start : start + size].view(np.float32).reshape(shape)


def align(array: np.ndarray) -> np.ndarray:
    """A float32 copy on a 64-byte boundary."""
    out = aligned(array.shape)
    out[...] = array
    return out


def normal(shape: tuple[int, ...], stream: np.random.SeedSequence, scale: float = 1.0) -> np.ndarray:
    """Standard normal numbers times ``scale``."""
    out = aligned(shape)
    np.random.default_rng(stream).standard_normal(out=out, dtype=np.float32)
    out *= np.float32(scale)
    return out


def normal_matrix(D: int, stream: np.random.SeedSequence, scale: float) -> np.ndarray:
    """(D, D) normal numbers times ``scale``, in blocks of rows with a stream each, so that threads may share them."""
    rows = max(1, BLOCK // D)
    starts = range(0, D, rows)
    out = aligned((D, D))

    def fill(start: int, stream: np.random.SeedSequence) -> None:
        block = out[start : start + rows]
        np.random.default_rng(stream).standard_normal(out=block, dtype=np.float32)
        block *= np.float32(scale)

    with ThreadPoolExecutor() as pool:
        list(pool.map(fill, starts, stream.spawn(len(starts))))
    return out


def blocks(master: np.ndarray) -> Iterator[tuple[slice, np.ndarray]]:
    """Blocks of rows of a master array as float64; the next ones are converted while one is multiplied."""
    rows = max(1, BLOCK // master.shape[1])
    slices = [slice(start, min(start + rows, len(master))) for start in range(0, len(master), rows)]
    if len(slices) == 1:
        yield slices[0], master.astype(np.float64)
        return
    with ThreadPoolExecutor(AHEAD) as pool:
        coming = collections.deque(pool.submit(master[block].astype, np.float64) for block in slices[:AHEAD])
        for number, block in enumerate(slices):
            converted = coming.popleft().result()
            if number + AHEAD < len(slices):
                coming.append(pool.submit(master[slices[number + AHEAD]].astype, np.float64))
            yield block, converted


def times(left: np.ndarray, master: np.ndarray | Held) -> np.ndarray:
    """``left W`` for left (n, D) in float64."""
    if isinstance(master, Held):
        try:
            return master.times(left)
        except RuntimeError:
            # The device has no room for blocks in float64. Of all else reading the array out says it again.
            master = np.asarray(master)
    out = np.zeros((len(left), master.shape[1]))
    for rows, block in blocks(master):
        out += left[:, rows] @ block
    return out


def times_transposed(left: np.ndarray, master: np.ndarray | Held) -> np.ndarray:
    """``left W^T`` for left (n, D) in float64."""
    if isinstance(master, Held):
        try:
            return master.times_transposed(left)
        except RuntimeError:  # as in ``times``
            master = np.asarray(master)
    out = np.empty((len(left), len(master)))
    for rows, block in blocks(master):
        out[:, rows] = left @ block.T
    return out
