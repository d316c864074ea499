"""Records below a machine's `studies`, of whatever kind: which are there, usable, and in what order they were made;
and what a field of any record holds.
"""

import math
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeGuard


def find_records(
    places: Iterable[Path],
    suffix: str,
    find_fault: Callable[[dict[str, Any]], str | None],
    read: Callable[[Path], Any],
    problems: list[str],
    commit: str | None = None,
) -> list[tuple[str, str, dict[str, Any]]]:
    """(name, machine, record) of every usable record of this suffix (of `commit`, where one is given), the newest last.

    `places` are the machines' folders, `read` parses a file or returns None; a record with a fault is a line in
    `problems`.
    """
    found = []
    for place in places:
        for path in sorted(place.glob(f"studies/*/*.{suffix}")):
            record = read(path)
            fault = None if record is None else find_fault(record)
            name = path.relative_to(place.parent).as_posix()
            if fault:
                problems.append(f"{name}: {fault}")
            if record is None or fault or (commit and not (record.get("commit") or "").startswith(commit)):
                continue
            found.append((name, place.name, record))
    return sorted(found, key=lambda each: (str(each[2].get("finished_at") or ""), each[0]))


def is_number(value: Any) -> TypeGuard[float]:
    """Whether a field holds a finite number."""
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def is_positive(value: Any) -> TypeGuard[float]:
    """Whether a field holds a finite number above zero."""
    return is_number(value) and value > 0


def read_time(value: Any) -> float | None:
    """Seconds since the epoch, of a time without a zone as UTC; None where a field holds no time."""
    try:
        at = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        return None
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()
