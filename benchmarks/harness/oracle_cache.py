"""What oracles have computed, on disk: half of a session's time would go into computing it anew.

A cell is measured by several processes, backends and precisions, and all of them judge by the same float64 arrays. The
first computes them, the others read them: bit for bit the same, so that a judged error is the same with and without.

A file is a name's arrays of one problem. Its key is all that they follow from: the problem's numbers and masters, the
source of ``bench_core`` and of the family, what computes (libraries, threads, processor). It begins with a hash of the
rest; one that does not fit is thrown away and computed anew. Files are written aside and renamed, the one that was not
read for longest goes first, and whatever the disk refuses costs time and nothing else.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import importlib.metadata
import io
import json
import os
import platform
import tempfile
import zipfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.harness import environment, older

LIMIT_BYTES = 2 << 30
_SUFFIX = ".oracle"
_DIGEST_BYTES = 32
# What a problem carries for its own convenience and not as a number of the question.
_OURS = ("masters", "oracle", "keeper", "held", "factors")

Arrays = dict[str, np.ndarray]


def folder() -> Path | None:
    """``BENCH_CACHE``, else the user's cache folder; None where ``BENCH_CACHE`` is empty, or the user has no home:
    nothing is kept then.

    Raises
    ------
    ValueError
        in one line, where ``BENCH_CACHE`` is relative: a session's process has another folder than its parent
    """
    if (given := os.environ.get("BENCH_CACHE")) is not None:
        if given and not Path(given).is_absolute():
            raise ValueError(f"BENCH_CACHE = {given!r} is no place; allowed: an absolute path, or nothing")
        return Path(given) if given else None
    try:
        return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "jacobench"
    except RuntimeError:  # a container's user that no system knows
        return None


class OracleCache:
    """The arrays of one ``bench_core``'s oracles, for sessions of so many threads.

    sources   the folder of ``bench_core``: another commit's oracle is another one
    told      how many arrays' names were read, computed, and thrown away as damaged
    """

    def __init__(self, sources: Path, threads: int, where: Path | None, limit_bytes: int = LIMIT_BYTES):
        self._sources, self._threads, self._where, self._limit = sources, threads, where, limit_bytes
        self._digests: dict[int, tuple[np.ndarray, bytes]] = {}
        self.told = {"read": 0, "computed": 0, "discarded": 0}

    def serve(self, problem: Any) -> None:
        """Let the problem's oracle find its arrays here; the problem of a commit that cannot is left alone."""
        if self._where is None or problem is None:
            return
        key = functools.cache(functools.partial(self._key, problem))  # masters are hashed when first asked about

        def keep(name: str, compute: Callable[[], Arrays], data: bool) -> Arrays:
            return self._recall(f"{problem.family}-{key(data)}-{name}", compute)

        older.keep(problem, keep)

    def _recall(self, name: str, compute: Callable[[], Arrays]) -> Arrays:
        assert self._where is not None
        path = self._where / f"{name}{_SUFFIX}"
        if (found := self._read(path)) is not None:
            self.told["read"] += 1
            return found
        arrays = compute()
        self.told["computed"] += 1
        with contextlib.suppress(OSError):  # full, read-only, or another's: it is computed in every process then
            self._write(path, arrays)
        return arrays

    # -- files ------------------------------------------------------------------------------------------------------

    def _read(self, path: Path) -> Arrays | None:
        try:
            content = memoryview(path.read_bytes())
        except OSError:
            return None
        payload = content[_DIGEST_BYTES:]
        if _digest(payload) == content[:_DIGEST_BYTES]:
            with contextlib.suppress(OSError):
                os.utime(path)  # read just now: others go first
            with contextlib.suppress(ValueError, KeyError, zipfile.BadZipFile):
                return _unpack(payload)
        self.told["discarded"] += 1
        with contextlib.suppress(OSError):
            path.unlink()
        return None

    def _write(self, path: Path, arrays: Arrays) -> None:
        payload = _pack(arrays)
        if len(payload) > self._limit // 2:  # it would push out nearly everything else
            return
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle, aside = tempfile.mkstemp(dir=path.parent, suffix=".part")
        try:
            with os.fdopen(handle, "wb") as stream:
                stream.write(_digest(payload))
                stream.write(payload)
            os.replace(aside, path)
        except OSError:
            Path(aside).unlink(missing_ok=True)
            raise
        self._make_room(path)

    def _make_room(self, newest: Path) -> None:
        """Remove what was not read for longest until the rest is within the limit."""
        total, found = 0, []
        for entry in newest.parent.iterdir():
            with contextlib.suppress(OSError):  # another process may remove it meanwhile
                state = entry.stat()
                found.append((state.st_mtime, state.st_size, entry))
                total += state.st_size
        for _, size, entry in sorted(found, key=lambda item: item[0]):
            if total <= self._limit:
                return
            if entry.suffix in (_SUFFIX, ".part") and entry != newest:
                entry.unlink(missing_ok=True)
                total -= size

    # -- keys -------------------------------------------------------------------------------------------------------

    def _key(self, problem: Any, data: bool) -> str:
        """All that the oracle's arrays follow from, as 32 hexadecimal digits; of the masters the parameters alone,
        where ``data`` have no part in them.
        """
        numbers = {name: value for name, value in vars(problem).items() if name not in _OURS}
        masters = {name: array for name, array in problem.masters.items() if data or name not in problem.data}
        with ThreadPoolExecutor() as pool:
            hashes = dict(zip(masters, pool.map(self._hash, masters.values())))
        question = {
            "numbers": {name: repr(value) for name, value in sorted(numbers.items())},
            "masters": {n: [str(a.dtype), list(a.shape), hashes[n].hex()] for n, a in masters.items()},
            "source": self._source(problem.family),
            "computed by": [
                *(f"{name} {importlib.metadata.version(name)}" for name in ("numpy", "scipy")),
                *(platform.python_version(), environment.cpu(), f"{self._threads} threads"),
            ],
        }
        return _digest(json.dumps(question).encode()).hex()[:32]

    def _hash(self, array: np.ndarray) -> bytes:
        """Of the array's numbers; once for the arrays that two problems share, none of which is ever written to."""
        if id(array) not in self._digests:
            self._digests[id(array)] = (array, _digest(np.ascontiguousarray(array).reshape(-1).view(np.uint8)))
        return self._digests[id(array)][1]

    def _source(self, family: str) -> str:
        """Of what the oracle and the problem are computed by; the kernels' folders are not."""
        files = [file for place in (self._sources, self._sources / family) for file in sorted(place.glob("*.py"))]
        return _digest(b"".join(_digest(file.read_bytes()) for file in files)).hex()


def _pack(arrays: Arrays) -> memoryview:
    """As NumPy's own archive, not compressed; the order of an array's numbers in memory is kept, and so its products.

    No array may have the name of one of ``np.savez``'s own parameters; no oracle's has.
    """
    stream, named = io.BytesIO(), dict[str, Any](arrays)
    np.savez(stream, **named)
    return stream.getbuffer()


def _unpack(payload: memoryview) -> Arrays:
    with np.load(io.BytesIO(payload), allow_pickle=False) as archive:
        return {name: archive[name] for name in archive.files}


def _digest(content: Any) -> bytes:
    return hashlib.blake2b(content, digest_size=_DIGEST_BYTES).digest()
