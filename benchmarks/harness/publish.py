"""What was measured here, copied to where it is published."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.harness import content, unfinished
from benchmarks.harness.record import pack, read_json, shorten, unpack, write, write_json
from benchmarks.harness.session import ROOT
from benchmarks.harness.store import keep_aside, processes_in

PACKED = (".session", ".study")  # every sample, every epoch: a third and a sixth of the bytes


def publish(
    local: Path,
    published: Path,
    machine: str | None = None,
    families: tuple[str, ...] = (),
    partial: bool = False,
) -> int:
    """Copy asv's files, session records and studies of a machine (all: None) and say which; exit status 1 where some
    were refused: because their tree was dirty, of no commit or had other code than its commit, so that no commit has
    their code, or because a run of theirs is unfinished.

    families   only these (all: none); whether others are finished does not matter then
    partial    of an unfinished run publish the cells that are done, and in ``open.json`` the names of the others

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
        groups = _groups(place, families)
        for name, files in groups.items():
            left = {cell for cell in unfinished.open_cells(place / "sessions" / name) if _is_of(cell, families)}
            if left and not partial:
                refused += 1
                told = ", ".join(f"{count} of {family}" for family, count in unfinished.by_family(left).items())
                print(
                    f"refused {place.name}/{name}: its run is unfinished, open are cells: {told}; run the same command"
                    " again, or publish what is done with --partial",
                    file=sys.stderr,
                )
                continue
            files = [path for path in files if path.name.rpartition(".p")[0] not in left]
            records = [read_json(path) for path in files if path.suffix != ".json"]
            if reason := _refusal(name, records):
                refused += 1
                print(f"refused {place.name}/{name}: {reason}", file=sys.stderr)
                continue
            # Where cells are left out, asv's file is all that is told of them.
            recorded = not left and any(path.suffix == ".session" for path in files)
            for path in files:
                _copy(path, target / path.relative_to(place), families, recorded)
            if (folder := target / "sessions" / name).exists():
                _tell_open(folder / "open.json", left, families)
                _close_elsewhere(folder, {path.name.rpartition(".p")[0] for path in files})
            copied += 1
            without = f", {len(left)} open cells left out" if left else ""
            print(f"copied {place.name}/{name}: {len(files)} files{without}")
        if groups and (place / "machine.json").exists() and target.exists():
            _copy(place / "machine.json", target / "machine.json")
    if copied and (local / "benchmarks.json").exists():
        _merge(local / "benchmarks.json", published / "benchmarks.json", (), lambda name: True)
    if not copied and not refused:
        of = f" of {', '.join(families)}" if families else ""
        raise ValueError(f"nothing{of} to publish in {local}; run python -m benchmarks run first")
    return 1 if refused else 0


def _groups(place: Path, families: tuple[str, ...]) -> dict[str, list[Path]]:
    """The files of each commit and environment, and of each commit's studies."""
    found: dict[str, list[Path]] = {}
    for folder in sorted(place.glob("sessions/*/")):
        records = [path for path in sorted(folder.glob("*.session")) if _is_of(path.name, families)]
        if not folder.name.endswith("-direct") and records:
            found[folder.name] = records
    for path in sorted(place.glob("*.json")):
        if path.name != "machine.json" and _tells_of(path, families):
            name = next((name for name in found if _names(path, name)), path.stem)
            found.setdefault(name, []).append(path)
    for folder in sorted(place.glob("studies/*/")):
        studies = sorted(path for kind in ("study", "sharding", "comparison") for path in folder.glob(f"*.{kind}"))
        if records := [path for path in studies if _is_of(path.name, families)]:
            found[f"studies/{folder.name}"] = records
    return found


def _is_of(name: str, families: tuple[str, ...]) -> bool:
    """Whether a cell, a record or a study (which has hyphens for underscores) is of one of these families."""
    return not families or any(name.startswith((f"{each}-", f"{each.replace('_', '-')}-")) for each in families)


def _refusal(name: str, records: list[dict[str, Any]]) -> str:
    """Why no commit has the code of these records (or an empty text)."""
    if dirty := sum(1 for record in records if record.get("dirty")):
        return f"{dirty} records of a dirty tree; commit and run"
    if nameless := sum(1 for record in records if record.get("commit", "") is None):
        return f"{nameless} records of no commit; ASV_COMMIT says which one a copy without its history is of"
    if other := _count_other(name, records):
        return f"{other} records of other code than their commit's"
    return ""


def _count_other(name: str, records: list[dict[str, Any]]) -> int:
    """How many records were measured by other code than their commit's, where they say by which and it is known here.

    asv runs today's ``benchmarks`` over a commit's ``bench_core``; so does ``settle``, whose records name theirs.
    """
    packages = content.PACKAGES if "-plain-" in name else content.PACKAGES[:1]
    others = 0
    for record in records:
        said, commit = record.get("content", {}), record.get("commit")
        named = {"benchmarks": record.get("harness") or commit}
        known = {
            package: content.of_commit(ROOT, named.get(package, commit), package)
            for package in packages
            if package in said
        }
        others += any(kept and kept != said[package] for package, kept in known.items())
    return others


def _tell_open(path: Path, left: set[str], families: tuple[str, ...]) -> None:
    """The cells that were planned and are not measured; of other families than these stay those that it has, and so
    does what else somebody has named there as not measured.
    """
    known = read_json(path) if path.exists() else {}
    cells = left | {cell for cell in known.get("open", ()) if families and not _is_of(cell, families)}
    if cells or known.get("others"):
        write_json(path, known | {"open": sorted(cells)})
    else:
        path.unlink(missing_ok=True)


def _close_elsewhere(folder: Path, measured: set[str]) -> None:
    """What another run of the machine left open and this one has measured is open no more."""
    for path in folder.parent.glob("*/open.json"):
        if path.parent != folder:
            _tell_open(path, set(read_json(path).get("open", ())) - measured, ())


def _has(families: tuple[str, ...]) -> Callable[[str], bool]:
    """Whether an asv benchmark is of one of these families."""
    return lambda name: not families or name.partition(".")[0] in families


def _tells_of(path: Path, families: tuple[str, ...]) -> bool:
    return not families or any(map(_has(families), read_json(path).get("results", {})))


def _names(path: Path, stem: str) -> bool:
    """Whether asv's result file is that of these sessions: long names of environments it shortens to a hash."""
    return path.stem == stem or stem == f"{path.stem[:8]}-{read_json(path).get('env_name')}"


def _copy(path: Path, target: Path, families: tuple[str, ...] = (), recorded: bool = False) -> None:
    """``recorded``: session records have what asv's file keeps."""
    if path.suffix == ".json" and path.name != "machine.json":
        _merge(path, target, ("results", "durations"), _has(families), bare=recorded)
        return
    raw = unpack(path.read_bytes())
    short = shorten(raw) if path.suffix in PACKED else raw
    if target.exists() and unpack(target.read_bytes()) in (raw, short):
        return  # packed by another library, with all digits or not yet, it is the same record
    if path.suffix in PACKED:
        raw = pack(short)
    if target.exists() and path.suffix != ".json":
        keep_aside(target)
        cell, _, process = path.stem.rpartition(".p")
        if process == "0":  # measured anew: further processes are of the old measurement
            for number, other in processes_in(target.parent, cell).items():
                if number not in processes_in(path.parent, cell):
                    keep_aside(other)
                    other.unlink()
    write(target, raw)


def _merge(path: Path, target: Path, parts: tuple[str, ...], chosen: Callable[[str], bool], bare: bool = False) -> None:
    """The newer file's entries over the older's; below ``parts`` too, those that are ``chosen`` by name; of asv's
    results, ``bare``, all but the samples: its statistics stay, and the samples stand in the session records.
    """
    new: dict[str, Any] = read_json(path)
    old: dict[str, Any] = read_json(target) if target.exists() else {}
    told = {part: {name: value for name, value in new.get(part, {}).items() if chosen(name)} for part in parts}
    if bare and "samples" in (columns := new.get("result_columns", [])):
        place = columns.index("samples")
        told["results"] = {name: _without(entry, place) for name, entry in told["results"].items()}
    write_json(target, old | new | {part: old.get(part, {}) | told[part] for part in parts}, asv=True)


def _without(entry: list[Any], place: int) -> list[Any]:
    """asv's entry with nothing in this column; of columns at the end that hold nothing asv writes none."""
    entry = [None if at == place else value for at, value in enumerate(entry)]
    while entry and entry[-1] is None:
        entry.pop()
    return entry
