"""What was measured here, copied to where it is published."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import Any

from benchmarks.harness.record import read_json, write_json
from benchmarks.harness.store import keep_aside


def publish(local: Path, published: Path, machine: str | None = None) -> int:
    """Copy asv's files, session records and studies of a machine (all: None) and say which; exit status 1 where some
    were refused because their tree was dirty, so that no commit has their code.

    What both folders have is replaced (a record moves to ``superseded/``), what only the published one has stays.
    Ledgers, records of single cells and superseded ones are not published. ``ValueError`` where there is nothing.
    """
    places = sorted(path for path in local.glob("*/") if machine in (None, path.name))
    if not places:
        known = ", ".join(sorted(path.name for path in local.glob("*/"))) or "none"
        raise ValueError(f"no results of machine {machine or '(any)'!r} in {local}; there are: {known}")
    refused = copied = 0
    for place in places:
        target = published / place.name
        groups = _groups(place)
        for name, files in groups.items():
            if dirty := sum(1 for path in files if path.suffix != ".json" and read_json(path).get("dirty")):
                refused += 1
                print(f"refused {place.name}/{name}: {dirty} records of a dirty tree; commit and run", file=sys.stderr)
                continue
            for path in files:
                _copy(path, target / path.relative_to(place))
            copied += 1
            print(f"copied {place.name}/{name}: {len(files)} files")
        if groups and (place / "machine.json").exists() and target.exists():
            _copy(place / "machine.json", target / "machine.json")
    if copied and (local / "benchmarks.json").exists():
        _merge(local / "benchmarks.json", published / "benchmarks.json", ())
    if not copied and not refused:
        raise ValueError(f"nothing to publish in {local}; run python -m benchmarks run first")
    return 1 if refused else 0


def _groups(place: Path) -> dict[str, list[Path]]:
    """The files of each commit and environment, and of each commit's studies."""
    found: dict[str, list[Path]] = {}
    for folder in sorted(place.glob("sessions/*/")):
        if not folder.name.endswith("-direct") and (records := sorted(folder.glob("*.session"))):
            found[folder.name] = records
    for path in sorted(place.glob("*.json")):
        if path.name != "machine.json":
            name = next((name for name in found if _names(path, name)), path.stem)
            found.setdefault(name, []).append(path)
    for folder in sorted(place.glob("studies/*/")):
        if records := sorted(folder.glob("*.study")):
            found[f"studies/{folder.name}"] = records
    return found


def _names(path: Path, stem: str) -> bool:
    """Whether asv's result file is that of these sessions: long names of environments it shortens to a hash."""
    return path.stem == stem or stem == f"{path.stem[:8]}-{read_json(path).get('env_name')}"


def _copy(path: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix == ".json" and target.exists() and path.name != "machine.json":
        _merge(path, target, ("results", "durations"))
        return
    if target.exists() and target.read_bytes() != path.read_bytes() and path.suffix != ".json":
        keep_aside(target)
    temporary = target.with_name(f".{target.name}.tmp")
    shutil.copyfile(path, temporary)
    temporary.replace(target)


def _merge(path: Path, target: Path, parts: tuple[str, ...]) -> None:
    """The newer file's entries over the older's; below ``parts`` too."""
    new: dict[str, Any] = read_json(path)
    old: dict[str, Any] = read_json(target) if target.exists() else {}
    write_json(target, old | new | {part: old.get(part, {}) | new.get(part, {}) for part in parts})
