"""Where the numbers come from: what was measured where, in which environment, and the files that were read."""

import csv
import io
from dataclasses import dataclass
from typing import Any

from ..analysis import Analysis
from ..load import Part, SourceFile
from ..points import Place
from ..text import write_bytes, write_list

# Readings of the moment, and what was warned of, are not the environment; nor is what a cache held.
MOMENT = ("warnings", "oracle_cache")


@dataclass(frozen=True)
class Source(Part):
    """What one machine and environment contributed at one commit; `machine_facts` are asv's, as `key value`."""

    machine_facts: tuple[str, ...]


@dataclass(frozen=True)
class Fact:
    """A fact of the environment at some places; one that changed between sessions has several values."""

    name: str
    values: tuple[str, ...]
    places: tuple[Place, ...]


@dataclass(frozen=True)
class Provenance:
    """Everything that says where a number comes from."""

    sources: tuple[Source, ...]
    facts: tuple[Fact, ...]
    seeds: tuple[str, ...]
    files: tuple[SourceFile, ...]


def trace(analysis: Analysis) -> Provenance:
    """The provenance of a run."""
    run = analysis.run
    return Provenance(
        sources=tuple(
            Source(**vars(part), machine_facts=_list_facts(run.machines.get(part.machine, {}))) for part in run.parts
        ),
        facts=_find_facts(analysis),
        seeds=tuple(sorted({str(s.get("seed", default="?")) for s in run.sessions})),
        files=run.files,
    )


def write_files(provenance: Provenance) -> str:
    """`files.csv`: path below the results folder, kind and first half of the SHA-256 of every file that was read."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(("path", "kind", "sha256"))
    writer.writerows((file.path, file.kind, file.sha256[:32]) for file in provenance.files)
    return stream.getvalue()


def _list_facts(machine: dict[str, Any]) -> tuple[str, ...]:
    known = sorted((key, value) for key, value in machine.items() if key not in ("machine", "version") and value)
    return tuple(f"{key} {_write_ram(value) if key == 'ram' else value}" for key, value in known)


def _write_ram(value: Any) -> str:
    """asv's bytes as a person reads them; a unit of its own stays."""
    return write_bytes(float(value)) if str(value).isdigit() else str(value)


def _find_facts(analysis: Analysis) -> tuple[Fact, ...]:
    """Facts that places share stand once."""
    found: dict[tuple[str, Place], set[str]] = {}
    for place in analysis.places:
        for session in analysis.sessions(place):
            for name, value in session.get("environment", default={}).items():
                if value not in (None, "", [], {}) and not name.startswith(("load_", "mhz_")) and name not in MOMENT:
                    found.setdefault((name, place), set()).add(_write(value, name))
    shared: dict[tuple[str, tuple[str, ...]], list[Place]] = {}
    for (name, place), values in found.items():
        shared.setdefault((name, tuple(sorted(values))), []).append(place)
    return tuple(Fact(*key, tuple(sorted(places))) for key, places in sorted(shared.items()))


def _write(value: Any, name: str = "") -> str:
    if isinstance(value, dict):
        known = ((key, given) for key, given in sorted(value.items()) if given not in (None, "", [], {}))
        return ", ".join(f"{key} {_write(given, key)}" for key, given in known)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return write_list(map(str, value))
    return write_bytes(float(value)) if name.endswith("_bytes") and value else str(value)
