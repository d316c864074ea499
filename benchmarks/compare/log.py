"""A comparison that is not finished: its pairs and the rounds of the one it is at, a JSON line each. The same command
goes on from there.
"""

from __future__ import annotations

import hashlib
import json
import os
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from benchmarks.harness import lock


class Log:
    """``key`` is everything that the comparison depends on; another key is another comparison."""

    def __init__(self, folder: Path, key: Any):
        folder.mkdir(parents=True, exist_ok=True)
        self.path = folder / (hashlib.sha256(json.dumps(key).encode()).hexdigest()[:16] + ".pairs")
        self.rounds: dict[int, dict[str, Any]] = {}  # of the pair that is not whole: by number, each row's blocks

    def alone(self) -> AbstractContextManager[None]:
        """Be the one process that measures it; ``ValueError`` where another one does."""
        return lock.alone(self.path.with_suffix(".lock"), "this comparison")

    def read(self) -> list[dict[str, Any]]:
        """The pairs, and ``rounds``; from a line that was cut off or damaged on, nothing is kept."""
        if not self.path.exists():
            return []
        pairs: list[dict[str, Any]] = []
        whole = 0
        with open(self.path, "rb") as stream:
            for text in stream:
                try:
                    line = json.loads(text)
                except ValueError:
                    break
                if not text.endswith(b"\n") or not isinstance(line, dict):
                    break
                whole += len(text)
                if "round" in line:
                    self.rounds.setdefault(line["round"], {}).update(line["rows"])
                else:
                    pairs.append(line)
                    self.rounds.clear()
        os.truncate(self.path, whole)
        return pairs

    def add(self, pair: dict[str, Any]) -> None:
        """Keep a pair, whatever happens next."""
        self._write(pair, durable=True)
        self.rounds.clear()

    def add_round(self, number: int, rows: dict[str, Any]) -> None:
        """Keep a round of the pair that is being measured. Nothing waits for the disk, which would disturb the next."""
        self._write({"round": number, "rows": rows}, durable=False)

    def _write(self, line: dict[str, Any], *, durable: bool) -> None:
        with open(self.path, "ab") as stream:
            stream.write(json.dumps(line, allow_nan=False).encode() + b"\n")
            stream.flush()
            if durable:
                os.fsync(stream.fileno())

    def finish(self) -> None:
        """The comparison has its answer: the same command starts a new one."""
        self.path.unlink(missing_ok=True)
