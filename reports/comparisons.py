"""Commits that were compared side by side: the records that `benchmarks/compare/keep.py` writes, as lines."""

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .points import Place
from .records import find_records, is_positive
from .statistics import Estimate

SCHEMA = 1
VERDICTS = ("slower", "faster", "same", "open")
_PLACE = ("family", "backend", "device", "dtype")


@dataclass(frozen=True)
class Compared:
    """A row of a cell at the commits `base` and `head`: `ratio` of head to base, and the verdict on it."""

    machine: str
    base: str
    head: str
    family: str
    backend: str
    device: str
    dtype: str
    sizes: tuple[tuple[str, Any], ...]
    row: str
    verdict: str
    ratio: Estimate

    @property
    def key(self) -> tuple[Any, ...]:
        """The commits, and what was compared: of lines with one key the last verdict holds, open is none."""
        return self.base, self.head, self.family, self.place, self.sizes, self.row

    @property
    def place(self) -> Place:
        """Where the row was timed."""
        return Place(self.machine, self.backend, self.device, self.dtype)


def find_comparisons(places: Iterable[Path], read: Callable[[Path], Any], problems: list[str]) -> tuple[Compared, ...]:
    """The lines of all records, the newest last; see `find_records`."""
    found = find_records(places, "comparison", find_fault, read, problems)
    return tuple(_read(machine, record, line) for _, machine, record in found for line in record["rows"])


def find_fault(record: dict[str, Any]) -> str | None:
    """Why a record cannot be used, or None."""
    if record.get("schema") != SCHEMA:
        return f"schema {record.get('schema')!r} is not {SCHEMA}, the one this reader knows"
    if not all(isinstance(record.get(name), str) for name in ("base", "commit")):
        return "it must name the commits base and commit"
    rows = record.get("rows")
    if not isinstance(rows, list) or not rows or not all(isinstance(line, dict) for line in rows):
        return "rows must be a list of lines"
    for j, line in enumerate(rows):
        cell = line.get("cell")
        if not isinstance(cell, dict) or not all(isinstance(cell.get(name), str) for name in _PLACE):
            return f"row {j}: the cell must name family, backend, device and dtype"
        if not isinstance(cell.get("sizes"), dict) or not isinstance(line.get("row"), str):
            return f"row {j}: it must name its row and the sizes of its cell"
        if line.get("verdict") not in VERDICTS:
            return f"row {j}: unknown verdict {line.get('verdict')!r} (known: {', '.join(VERDICTS)})"
        ratio, interval = line.get("ratio"), line.get("interval") or ()
        if not isinstance(interval, list | tuple) or not all(map(is_positive, (ratio, *interval))):
            return f"row {j}: ratio and interval must be positive numbers"
        if interval and not (len(interval) == 2 and interval[0] <= ratio <= interval[1]):
            return f"row {j}: the interval must be a low and a high around the ratio, got {interval!r}"
    return None


def _read(machine: str, record: dict[str, Any], line: dict[str, Any]) -> Compared:
    low, high = line.get("interval") or (math.nan, math.nan)
    cell = line["cell"]
    return Compared(
        machine=machine,
        base=record["base"],
        head=record["commit"],
        **{name: cell[name] for name in _PLACE},
        sizes=tuple(sorted(cell["sizes"].items())),
        row=line["row"],
        verdict=line["verdict"],
        ratio=Estimate(line["ratio"], low, high, line.get("pairs") or 0),
    )
