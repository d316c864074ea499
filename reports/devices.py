"""Past one device: the records whose format `benchmarks/sharding/programs/record.py` documents."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .records import find_records, is_number

SCHEMA = 1
# What every line of a part has; numbers from 0.
NUMBERS = {
    "measured": ("D", "devices", "wire_bytes", "largest_bytes", "formula_bytes", "held_bytes", "peak_bytes"),
    "agreed": ("D", "devices", "difference"),
    "formulas": ("D", "devices", "flops", "bytes", "wire_bytes", "peak_bytes"),
}
SETTINGS = ("B", "L", "dtype")


@dataclass(frozen=True)
class Sharding:
    """One record."""

    path: str
    machine: str
    record: dict[str, Any] = field(repr=False)


def find_shardings(
    places: Iterable[Path], read: Callable[[Path], Any], problems: list[str], commit: str | None = None
) -> tuple[Sharding, ...]:
    """Of each machine the newest record; see `find_records`."""
    found = find_records(places, "sharding", find_fault, read, problems, commit)
    newest = {machine: Sharding(name, machine, record) for name, machine, record in found}
    return tuple(newest[name] for name in sorted(newest))


def find_fault(record: dict[str, Any]) -> str | None:
    """Why a record cannot be used, or None."""
    if record.get("schema") != SCHEMA:
        return f"schema {record.get('schema')!r} is not {SCHEMA}, the one this reader knows"
    if absent := [name for name in SETTINGS if name not in (record.get("settings") or {})]:
        return f"the settings lack {', '.join(absent)}"
    for part, names in NUMBERS.items():
        lines = record.get(part)
        if not isinstance(lines, list) or not lines:
            return f"{part} must be a list of lines"
        for j, line in enumerate(lines):
            if not isinstance(line, dict) or not isinstance(line.get("method"), str):
                return f"{part} {j}: it must name its method"
            for name in names:
                value = line.get(name)
                if not is_number(value) or value < 0:
                    return f"{part} {j}: {name} must be a number from 0, got {value!r}"
    return None
