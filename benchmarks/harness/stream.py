"""What is said to whoever runs a command, and streams that are not UTF-8."""

from __future__ import annotations

import io
import sys


def tolerate() -> None:
    """Let stdout and stderr write ``?`` for what their encoding has not: no run may die of a dot that it wants to
    show. Every entry point calls this first.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


def say(line: object) -> None:
    """One line on stderr, now."""
    print(f"benchmarks: {line}", file=sys.stderr, flush=True)
