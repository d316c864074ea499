"""The journal of a session's process: what it is doing, and every result the moment it has it."""

from __future__ import annotations

import json
from typing import Any

AGAIN = "again"  # what the parent answers to ``rounds over`` where they are to be measured once more


class Journal:
    """Appends one JSON line an event: whatever ends this process, its parent knows what was being done and keeps what
    was measured.
    """

    def __init__(self, path: str):
        self._stream = open(path, "a", encoding="utf-8", buffering=1)  # noqa: SIM115 - open until the process ends

    def write(self, event: str, **fields: Any) -> None:
        self._stream.write(json.dumps({"event": event, **fields}, allow_nan=False) + "\n")

    def begin(self, row: str | None, what: str, limit_s: float, stopped: tuple[str, str] | None = None) -> None:
        """About to do something that may never end: the parent kills the process after ``limit_s``.

        ``stopped`` are the row's outcome and reason if that happens; without them it is a ``timeout``.
        """
        self.write("begin", row=row, what=what, limit_s=limit_s, stopped=stopped)
