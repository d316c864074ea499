"""Files that are written whole or not at all, and the time as they have it."""

from __future__ import annotations

import gzip
import json
import lzma
import os
import zlib
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

SCHEMA = 1
# significant digits of a published float
DIGITS = 9
_GZIP, _XZ = b"\x1f\x8b", b"\xfd7zXZ"


def write_json(path: Path, data: Any, *, asv: bool = False) -> None:
    """Write whole or not at all (:func:`write`). Ours know no NaN; the files of ``asv`` tell holes by it, and stand in
    one line.
    """
    write(path, f"{json.dumps(data, indent=None if asv else 1, allow_nan=asv)}\n".encode())


def write(path: Path, content: bytes) -> None:
    """Write to a temporary file beside ``path``, flush it to the disk, rename: no reader ever sees half of it, and
    nothing is left of what the disk refuses.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    # The process number keeps two writers apart; the name does not end in .json, so no reader picks it up.
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        with open(temporary, "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        os.replace(temporary, path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def read_json(path: Path) -> Any:
    """The file's content, packed or not; ``ValueError`` in one line where it is not JSON."""
    try:
        return json.loads(unpack(path.read_bytes()))
    except (ValueError, EOFError, zlib.error, gzip.BadGzipFile, lzma.LZMAError) as error:
        raise ValueError(f"{path} is not valid JSON ({error}); remove it or restore it from version control") from error


def unpack(content: bytes) -> bytes:
    """A file's bytes, packed by `pack`, by gzip as records were before 28 November 2026, or not."""
    if content.startswith(_XZ):
        return lzma.decompress(content)
    return gzip.decompress(content) if content.startswith(_GZIP) else content


def shorten(content: bytes) -> bytes:
    """A record's JSON without spaces, its floats rounded to `DIGITS` significant digits.

    A clock that ticks in nanoseconds tells no more of a sample of a second; the digits after them are a third of a
    packed record. Floats from 1e8 on (points in time, rates) keep theirs.
    """
    return json.dumps(json.loads(content, parse_float=_rounded), separators=(",", ":"), allow_nan=False).encode()


def _rounded(text: str) -> float:
    number = float(text)
    return float(f"{number:.{DIGITS}g}") if abs(number) < 1e8 else number


def pack(content: bytes) -> bytes:
    """The bytes packed with xz: four fifths of what gzip leaves of a record."""
    return lzma.compress(content, preset=9)


def timestamp() -> str:
    """Now, in UTC."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
