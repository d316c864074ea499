"""The pairs of a comparison that is not finished, one JSON line each: the same command goes on from there."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
from pathlib import Path
from typing import Any


class Log:
    """``key`` is everything that the comparison depends on; another key is another comparison.

    As a context it is one process's: a second one that is started meanwhile is told so (``ValueError``).
    """

    def __init__(self, folder: Path, key: Any):
        folder.mkdir(parents=True, exist_ok=True)
        self.path = folder / (hashlib.sha256(json.dumps(key).encode()).hexdigest()[:16] + ".pairs")

    def __enter__(self) -> Log:
        self._held = open(self.path.with_suffix(".lock"), "ab")
        try:
            fcntl.flock(self._held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self._held.close()
            raise ValueError("the same comparison is running; allowed: one at a time") from None
        return self

    def __exit__(self, *_: object) -> None:
        self._held.close()

    def read(self) -> list[dict[str, Any]]:
        """The whole lines; one that was cut off is removed."""
        if not self.path.exists():
            return []
        *lines, torn = self.path.read_bytes().split(b"\n")
        if torn:
            self.path.write_bytes(b"".join(line + b"\n" for line in lines))
        return [json.loads(line) for line in lines]

    def add(self, pair: dict[str, Any]) -> None:
        """Keep a pair, whatever happens next."""
        with open(self.path, "ab") as stream:
            stream.write(json.dumps(pair, allow_nan=False).encode() + b"\n")
            stream.flush()
            os.fsync(stream.fileno())

    def finish(self) -> None:
        """The comparison has its answer: the same command starts a new one."""
        self.path.unlink(missing_ok=True)
