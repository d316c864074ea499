"""Progress of a run: which cell, how long so far, how long still; as lines in a file that anyone may follow."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from typing import Any

from benchmarks.harness.stream import say


class Progress:
    """Appends one JSON line an event to the file named by ``BENCH_PROGRESS``; without it does nothing.

    asv shows nothing that a benchmark prints while it runs; whoever started asv follows this file instead.
    """

    def __init__(self) -> None:
        name = os.environ.get("BENCH_PROGRESS")
        self._path = Path(name) if name else None

    def write(self, event: str, **fields: Any) -> None:
        if self._path is not None:
            with open(self._path, "a", encoding="utf-8") as stream:
                stream.write(json.dumps({"event": event, "at": time.time(), **fields}) + "\n")

    def tell(self, line: str) -> None:
        """A line for whoever follows; for whoever runs it where nobody does."""
        if self._path is not None:
            self.write("line", text=line)
        else:
            say(line)


def estimate_left(done: list[tuple[float, float]], left: list[float]) -> float | None:
    """Seconds still to go, from (expected, taken) of the finished cells and what is expected of the others.

    Expected seconds need only be right in proportion. None before the first cell is finished.
    """
    expected = sum(e for e, _ in done)
    return sum(left) * sum(taken for _, taken in done) / expected if expected else None
