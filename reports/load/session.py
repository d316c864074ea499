"""Session records: one file for each process of a cell, its rows as lines."""

from pathlib import Path
from typing import Any

from ..clocks import NAMES as CLOCKS
from ..families import FAMILIES
from ..records import is_positive, read_time
from .pile import Pile
from .row import PLACE, describe_cell, read_row
from .run import OUTCOMES, PATIENT, Session

SCHEMA = 1
# What a row says in words.
_WORDS = ("method", "form", "role", "computes", "source", "reason", "measure", "peak_instrument")
# Mean number of cores that other work kept busy; more than this shares a core with every thread in turn.
BUSY = 0.5


def read_session(folder: Path, machine: str, path: Path, pile: Pile) -> None:
    """Add a session and the lines of its rows."""
    name = path.relative_to(folder).as_posix()
    record = pile.read(folder, path, "session")
    if record is None:
        return
    try:
        fault = _find_fault(record)
        session, lines = _parse(record, name, machine, path, pile) if not fault else (None, [])
    except (AttributeError, TypeError, ValueError) as error:
        fault, session, lines = f"not a session record ({type(error).__name__}: {error})", None, []
    if session is None:
        pile.problems.append(f"{name}: {fault}")
        return
    started = read_time(record.get("started_at"))
    if session.commit and started is not None:
        for word, pick in (("started", max), ("began", min)):
            key = f"{word}:{session.commit}"
            pile.dates[key] = pick(pile.dates.get(key, started), started)
    pile.sessions.append(session)
    pile.lines += lines


def _parse(
    record: dict[str, Any], name: str, machine: str, path: Path, pile: Pile
) -> tuple[Session, list[dict[str, Any]]]:
    suffix = path.parent.name.partition("-")[2] or path.parent.name
    environment = pile.names.get((machine, path.parent.name), suffix)
    cell = describe_cell(record["cell"])
    commit, process, profile = record.get("commit"), record.get("process") or 0, record.get("profile") or ""
    kept = {key: value for key, value in record.items() if key != "rows"}
    shared = {
        **cell,
        "machine": machine,
        "commit": commit,
        "environment": environment,
        "process": process,
        "profile": profile,
        "patient": profile == PATIENT,
        "moved": _has_moved(record.get("state") or {}),
        "recorded_by": "session",
    }
    lines = [read_row(row, value, process) | shared for row, value in sorted(record["rows"].items())]
    return Session(name, machine, commit, environment, cell["cell"], kept), lines


def _has_moved(state: dict[str, Any]) -> bool:
    """Whether the machine moved for sure: one thread alone says so, or other work was there.

    Records from before there was that thread judge by a product, whose pool has two speeds on one machine.
    """
    known = bool(state.get("one_thread")) or (state.get("load_of_others") or 0.0) > BUSY
    return bool(state.get("moved")) and known


def _find_fault(record: dict[str, Any]) -> str | None:
    """Why a session record cannot be used, or None."""
    if record.get("schema") != SCHEMA:
        return f"schema {record.get('schema')!r} is not {SCHEMA}, the one this reader knows"
    for key in ("process", "ruler"):
        if not isinstance(record.get(key) or 0, int):
            return f"{key} must be a whole number, got {record[key]!r}"
    if not isinstance(record.get("commit") or "", str):
        return f"commit must be digits or null, got {record['commit']!r}"
    if not isinstance(record.get("profile") or "", str) or not isinstance(record.get("environment") or {}, dict):
        return "profile must be a word and environment an object"
    cell, rows = record.get("cell"), record.get("rows")
    if not isinstance(cell, dict) or not all(isinstance(cell.get(key), str) for key in PLACE):
        return "the cell must name family, backend, device and dtype"
    if cell["family"] not in FAMILIES:
        return f"unknown family {cell['family']!r} (known: {', '.join(FAMILIES)})"
    sizes = cell.get("sizes")
    if not isinstance(sizes, dict) or not sizes:
        return "the cell has no sizes"
    known = FAMILIES[cell["family"]].letters
    for letter, value in sizes.items():
        if letter not in known:
            return f"unknown size {letter!r} of {cell['family']} (known: {', '.join(known)})"
        if not isinstance(value, str) and not is_positive(value):
            return f"{letter} must be positive, got {value!r}"
    if not isinstance(rows, dict) or not all(isinstance(row, dict) for row in rows.values()):
        return "rows must be an object of objects"
    for name, row in rows.items():
        if row.get("outcome") not in OUTCOMES:
            return f"row {name}: unknown outcome {row.get('outcome')!r} (known: {', '.join(OUTCOMES)})"
        for word in _WORDS:
            if not isinstance(row.get(word) or "", str):
                return f"row {name}: {word} must be words, got {row[word]!r}"
        for clock in ("samples_s", *CLOCKS):
            if not all(map(is_positive, row.get(clock) or [])):
                return f"row {name}: {clock} must be positive numbers"
    return None
