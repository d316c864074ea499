"""Read what `benchmarks/` wrote: asv's result files and the session records, as one tidy frame.

asv's files are the index (machine, commit, environment, parameters, values); the session records add the pairing of
samples, reasons and the environment. The format is `docs/session-record.md`; asv itself is not imported.
"""

import ast
import hashlib
import itertools
import json
import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from .studies import Study, find_studies

FAMILIES = ("logdet", "implicit", "line_integral", "score")
BACKENDS = ("torch", "jax")
OUTCOMES = ("ok", "skipped", "over_budget", "oom", "timeout", "wrong", "error")
# A cell measured twice at one commit: the more thorough profile is the one reported.
PROFILES = ("smoke", "quick", "standard", "full")
SCHEMA = 1

FRAME_COLUMNS = (
    "machine",
    "commit",
    "environment",
    "profile",
    "family",
    "backend",
    "device",
    "dtype",
    "sizes",
    "cell",
    "process",
    "row",
    "method",
    "form",
    "role",
    "exact",
    "computes",
    "source",
    "outcome",
    "reason",
    "predicted_s",
    "predicted_bytes",
    "error",
    "tolerance",
    "measure",
    "flops",
    "bytes",
    "vjps",
    "jvps",
    "evaluations",
    "formula_peak_bytes",
    "settings",
    "products",
    "quality",
    "build_s",
    "compile_cold_s",
    "compile_cached_s",
    "first_call_s",
    "peak_bytes",
    "peak_instrument",
    "number",
    "asv_seconds",
    "recorded_by",
    "rounds",
    "positions",
    "samples_s",
)


class LoadError(Exception):
    """The results cannot be used; the message is the one line to show."""


@dataclass(frozen=True)
class SourceFile:
    """A file that was read: its path below the results folder, what it is, and its SHA-256."""

    path: str
    kind: str
    sha256: str


@dataclass(frozen=True)
class Session:
    """One session record without its rows."""

    path: str
    machine: str
    commit: str | None
    environment: str
    cell: str
    record: dict[str, Any]

    def get(self, *keys: str, default: Any = None) -> Any:
        """The value below nested keys; `default` where any of them is missing or null."""
        value: Any = self.record
        for key in keys:
            value = value.get(key) if isinstance(value, dict) else None
        return default if value is None else value


@dataclass(frozen=True)
class Part:
    """What one machine and environment contributed at one commit."""

    machine: str
    environment: str
    commit: str | None
    profile: str
    device: str
    asv: bool
    sessions: int


@dataclass(frozen=True)
class Run:
    """Everything a report is made of.

    `frame` has one line for each row x cell x session; `sizes` there is a sorted tuple of (letter, value) pairs and
    the samples are arrays in seconds. Lines with `recorded_by == "asv"` have samples but no rounds: nothing about
    them is paired. `history` has asv's median of every commit found. `problems` are lines for the Health section.
    """

    results: str
    parts: tuple[Part, ...]
    machines: dict[str, dict[str, Any]]
    frame: pd.DataFrame
    sessions: tuple[Session, ...]
    files: tuple[SourceFile, ...]
    history: pd.DataFrame
    problems: tuple[str, ...] = ()
    superseded: int = 0
    studies: tuple[Study, ...] = ()

    @property
    def machine(self) -> str:
        """Names of the machines, joined."""
        return ", ".join(sorted({part.machine for part in self.parts}))

    @property
    def commit(self) -> str:
        """Commits reported, shortened and joined."""
        return ", ".join(sorted({shorten(part.commit) for part in self.parts}))

    @property
    def profile(self) -> str:
        """Profiles reported, from quick to full."""
        return ", ".join(sorted({part.profile for part in self.parts if part.profile}, key=_rank_profile))

    @property
    def device(self) -> str:
        """Devices measured."""
        return ", ".join(sorted(set(self.frame["device"])))

    @property
    def environment(self) -> str:
        """asv environments reported (`direct`: without asv)."""
        return ", ".join(sorted({part.environment for part in self.parts}))

    def samples(self) -> pd.DataFrame:
        """Every sample as a line: machine, cell, process, row, round, position, seconds (round NaN: unpaired)."""
        lines = [
            (line["machine"], line["cell"], line["process"], line["row"], *sample)
            for line in self.frame.to_dict("records")
            for sample in itertools.zip_longest(
                line["rounds"], line["positions"], line["samples_s"], fillvalue=math.nan
            )
        ]
        names = ["machine", "cell", "process", "row", "round", "position", "seconds"]
        return pd.DataFrame(lines, columns=pd.Index(names))


@dataclass
class _Pile:
    """What is being collected while files are read."""

    folders: tuple[Path, ...]
    lines: list[dict[str, Any]] = field(default_factory=list)
    asv: list[dict[str, Any]] = field(default_factory=list)
    sessions: list[Session] = field(default_factory=list)
    files: list[SourceFile] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    machines: dict[str, dict[str, Any]] = field(default_factory=dict)
    dates: dict[str, float] = field(default_factory=dict)
    asv_parts: set[tuple[str, str, str | None]] = field(default_factory=set)
    names: dict[tuple[str, str], str] = field(default_factory=dict)


def load(
    results: str | Path | Sequence[str | Path] = "results", commit: str | None = None, machine: str | None = None
) -> Run:
    """Load a results folder: of each machine (or the one named), environment and family the newest commit, or `commit`.

    Of several folders (this machine's own results, those that were published) a file of the same name below two of
    them is the first one's.

    Cells measured under an older ruler than others of their machine and family are left out too. A file that cannot be
    read is named in `Run.problems` and left out. Raises LoadError where nothing is left to report.
    """
    folders = [Path(each) for each in ([results] if isinstance(results, str | Path) else results)]
    for each in folders:
        if not each.is_dir():
            raise LoadError(f"results folder not found: {each} (run `python -m benchmarks run` first)")
    folder = Path(", ".join(map(str, folders)))
    pile = _Pile(folders=tuple(folders))
    index = {name: found for each in reversed(folders) for name, found in _read_index(each, pile).items()}
    places = sorted((path for each in folders for path in each.iterdir() if path.is_dir()), key=lambda path: path.name)
    if machine is not None:
        known = ", ".join(place.name for place in places) or "none"
        places = [place for place in places if place.name == machine]
        if not places:
            raise LoadError(f"no results of machine {machine!r} in {folder} (there are: {known})")
    for place in places:
        _read_machine(place.parent, place, index, pile)
    if not pile.lines and not pile.asv:
        detail = f"; {pile.problems[0]}" if pile.problems else ""
        raise LoadError(f"no results in {folder}{detail}")
    _complete_commits(pile)
    history = _tabulate_history(pile)
    chosen = _choose_commits(pile, commit, folder)
    lines = [line for line in pile.lines if (*_part(line), line["family"]) in chosen]
    asv = [line for line in pile.asv if (*_part(line), line["family"]) in chosen]
    sessions = [s for s in pile.sessions if (*_part_of(s), s.get("cell", "family")) in chosen]
    lines = _join(lines, asv, pile.problems)
    lines, superseded = _drop_superseded(lines, pile.dates, _read_rulers(sessions))
    if not lines:
        raise LoadError(f"no results in {folder}: the files hold no measured row")
    kept = {(*_part(line), line["cell"]) for line in lines}
    sessions = [s for s in sessions if (*_part_of(s), s.cell) in kept]
    frame = pd.DataFrame(lines, columns=pd.Index(FRAME_COLUMNS))
    frame = frame.sort_values(
        ["family", "machine", "backend", "device", "dtype", "cell", "row", "process"], kind="stable"
    )
    parts = _list_parts(lines, sessions, pile.asv_parts)
    studies = find_studies(places, lambda path: _read_json(path.parents[3], path, "study", pile), pile.problems, commit)
    return Run(
        results=" --results ".join(each.name for each in folders),
        parts=parts,
        machines={name: pile.machines.get(name, {}) for name in sorted({p.machine for p in parts})},
        frame=frame.reset_index(drop=True),
        sessions=tuple(sorted(sessions, key=lambda s: s.path)),
        files=tuple(sorted(pile.files, key=lambda f: f.path)),
        history=history,
        problems=tuple(pile.problems),
        superseded=superseded,
        studies=studies,
    )


def shorten(commit: str | None) -> str:
    """The first eight digits of a commit, or what to say where there is none."""
    return commit[:8] if commit else "no commit"


def _read_json(folder: Path, path: Path, kind: str, pile: _Pile) -> Any:
    """The parsed file, or None with a line in `problems`."""
    name = path.relative_to(folder).as_posix()
    before = pile.folders[: pile.folders.index(folder)]
    if path.parent != folder and any((each / name).exists() for each in before):
        return None  # an earlier folder has it
    try:
        raw = path.read_bytes()
        data = json.loads(raw)
    except OSError as error:
        pile.problems.append(f"{name}: cannot be read ({error.strerror})")
        return None
    except ValueError as error:
        pile.problems.append(f"{name}: not valid JSON ({str(error).splitlines()[0]})")
        return None
    if not isinstance(data, dict):
        pile.problems.append(f"{name}: holds a {type(data).__name__}, not an object")
        return None
    pile.files.append(SourceFile(name, kind, hashlib.sha256(raw).hexdigest()))
    return data


def _read_index(folder: Path, pile: _Pile) -> dict[str, list[str]]:
    """Parameter names of each asv benchmark."""
    path = folder / "benchmarks.json"
    data = _read_json(folder, path, "asv index", pile) if path.is_file() else {}
    return {
        name: entry["param_names"]
        for name, entry in (data or {}).items()
        if isinstance(entry, dict) and isinstance(entry.get("param_names"), list)
    }


def _read_machine(folder: Path, place: Path, index: dict[str, list[str]], pile: _Pile) -> None:
    path = place / "machine.json"
    if path.is_file():
        pile.machines[place.name] = _read_json(folder, path, "machine", pile) or pile.machines.get(place.name, {})
    for path in sorted(place.glob("*.json")):
        if path.name != "machine.json":
            _read_asv(folder, place.name, path, index, pile)
    for path in sorted(place.glob("sessions/*/*.session")):
        _read_session(folder, place.name, path, pile)


def _read_asv(folder: Path, machine: str, path: Path, index: dict[str, list[str]], pile: _Pile) -> None:
    data = _read_json(folder, path, "asv result", pile)
    if data is None:
        return
    try:
        lines = list(_iterate_asv(data, machine, index))
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        pile.problems.append(
            f"{path.relative_to(folder).as_posix()}: not an asv result file ({type(error).__name__}: {error})"
        )
        return
    commit, environment = data.get("commit_hash"), data.get("env_name") or "unknown"
    pile.asv_parts.add((machine, environment, commit))
    pile.names[(machine, path.stem)] = environment
    if commit and isinstance(data.get("date"), int | float):
        pile.dates[commit] = data["date"] / 1000
    pile.asv.extend(lines)


def _iterate_asv(data: dict[str, Any], machine: str, index: dict[str, list[str]]) -> Iterator[dict[str, Any]]:
    """One line for each method and cell of an asv result file (api version 2)."""
    columns, variables = data["result_columns"], data.get("env_vars") or {}
    merged: dict[tuple[str, str, tuple[tuple[str, Any], ...]], dict[str, Any]] = {}
    for benchmark, values in data["results"].items():
        pieces = benchmark.split(".")
        if len(pieces) < 3 or pieces[-3] not in FAMILIES or not pieces[-1].startswith("track_"):
            continue
        family, backend, metric = pieces[-3], _find_backend(pieces[-2]), pieces[-1].removeprefix("track_")
        entry = dict(zip(columns, values, strict=False))
        parameters = [[_parse_parameter(value) for value in axis] for axis in entry.get("params") or []]
        names = index.get(benchmark) or ["method", "D", "B", "L", "dtype"][: len(parameters)]
        points = list(itertools.product(*parameters))
        results = entry.get("result") or [None] * len(points)
        for j, point in enumerate(points):
            given = dict(zip(names, point, strict=False))
            # Two classes of a backend may hold the same cell: by its coordinates, whatever their order, it is one.
            line = merged.setdefault((family, backend, tuple(sorted(given.items(), key=str))), given)
            line[f"track_{metric}"] = results[j]
            if metric == "seconds":
                samples = entry.get("samples")
                line["samples"] = samples[j] if samples else None
                number = entry.get("stats_number")
                line["number"] = number[j] if number else None
    for (family, backend, _), line in merged.items():
        sizes = {key: value for key, value in line.items() if _is_size(key) and not key.startswith("track_")}
        cell = _describe_cell(
            family, backend, variables.get("BENCH_DEVICE", "cpu"), line.get("dtype", "float32"), sizes
        )
        yield {
            **cell,
            "machine": machine,
            "commit": data.get("commit_hash"),
            "environment": data.get("env_name") or "unknown",
            "profile": variables.get("BENCH_PROFILE", ""),
            "row": str(line.get("method", "")),
            "metrics": line,
        }


def _find_backend(name: str) -> str:
    """The backend that a class is named after: `Torch`, `TorchSpectrum`."""
    return next((backend for backend in BACKENDS if name.lower().startswith(backend)), name.lower())


def _is_size(name: str) -> bool:
    return name not in ("method", "dtype", "samples", "number")


def _parse_parameter(text: Any) -> Any:
    """asv stores parameters as the repr of the value."""
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError, TypeError):
        return text


def _read_session(folder: Path, machine: str, path: Path, pile: _Pile) -> None:
    name = path.relative_to(folder).as_posix()
    record = _read_json(folder, path, "session", pile)
    if record is None:
        return
    fault = _find_fault(record)
    if fault:
        pile.problems.append(f"{name}: {fault}")
        return
    commit = record.get("commit")
    suffix = path.parent.name.partition("-")[2] or path.parent.name
    environment = pile.names.get((machine, path.parent.name), suffix)
    raw = record["cell"]
    cell = _describe_cell(raw["family"], raw["backend"], raw["device"], raw["dtype"], raw["sizes"])
    started = _parse_time(record.get("started_at"))
    if commit and started is not None:
        pile.dates.setdefault(f"started:{commit}", started)
        pile.dates[f"started:{commit}"] = max(pile.dates[f"started:{commit}"], started)
    process = int(record.get("process") or 0)
    pile.sessions.append(
        Session(name, machine, commit, environment, cell["cell"], {k: v for k, v in record.items() if k != "rows"})
    )
    for row, value in sorted(record["rows"].items()):
        line = _read_row(row, value, process)
        line |= {
            **cell,
            "machine": machine,
            "commit": commit,
            "environment": environment,
            "process": process,
            "profile": record.get("profile") or "",
            "recorded_by": "session",
            "asv_seconds": math.nan,
        }
        pile.lines.append(line)


def _find_fault(record: dict[str, Any]) -> str | None:
    """Why a session record cannot be used, or None."""
    schema = record.get("schema")
    if schema != SCHEMA:
        return f"schema {schema!r} is not {SCHEMA}, the one this reader knows"
    cell = record.get("cell")
    if not isinstance(cell, dict) or not all(
        isinstance(cell.get(key), str) for key in ("family", "backend", "device", "dtype")
    ):
        return "the cell must name family, backend, device and dtype"
    if cell["family"] not in FAMILIES:
        return f"unknown family {cell['family']!r} (known: {', '.join(FAMILIES)})"
    sizes = cell.get("sizes")
    if not isinstance(sizes, dict) or not sizes:
        return "the cell has no sizes"
    for letter, value in sizes.items():
        if isinstance(value, str):
            continue
        if not isinstance(value, int | float) or not math.isfinite(value) or value <= 0:
            return f"{letter} must be positive, got {value!r}"
    if not isinstance(record.get("rows"), dict) or not all(isinstance(row, dict) for row in record["rows"].values()):
        return "rows must be an object of objects"
    for name, row in record["rows"].items():
        if row.get("outcome") not in OUTCOMES:
            return f"row {name}: unknown outcome {row.get('outcome')!r} (known: {', '.join(OUTCOMES)})"
        samples = row.get("samples_s") or []
        if not all(isinstance(s, int | float) and math.isfinite(s) and s > 0 for s in samples):
            return f"row {name}: samples_s must be positive numbers"
    return None


def _read_row(name: str, row: dict[str, Any], process: int) -> dict[str, Any]:
    method, _, form = name.partition("~")[0].partition(":")
    samples = np.asarray(row.get("samples_s") or [], dtype=float)
    rounds = np.asarray(row.get("rounds") or [], dtype=float)
    positions = np.asarray(row.get("positions") or [], dtype=float)
    cost = row.get("cost") or {}
    return {
        "row": name,
        "method": row.get("method") or method,
        "form": row.get("form") or form,
        "role": row.get("role") or "method",
        "exact": bool(row.get("exact", True)),
        "computes": row.get("computes") or "",
        "source": row.get("source") or "",
        "outcome": row["outcome"],
        "reason": row.get("reason") or "",
        "predicted_s": _number(row.get("predicted_s")),
        "predicted_bytes": _number(row.get("predicted_bytes")),
        "error": _number(row.get("error")),
        "tolerance": _number(row.get("tolerance")),
        "measure": row.get("measure") or "",
        "flops": _number(cost.get("flops")),
        "bytes": _number(cost.get("bytes")),
        "vjps": _number(cost.get("vjps")),
        "jvps": _number(cost.get("jvps")),
        "evaluations": _number(cost.get("evaluations")),
        "formula_peak_bytes": _number(cost.get("peak_bytes")),
        "settings": _read_object(row.get("settings")),
        "products": _read_object(row.get("products")),
        "quality": {name: _number(value) for name, value in _read_object(row.get("quality")).items()},
        "build_s": _number(row.get("build_s")),
        **_read_compilation(row, process),
        "first_call_s": _number(row.get("first_call_s")),
        "peak_bytes": _number(row.get("peak_bytes")),
        "peak_instrument": row.get("peak_instrument") or "",
        "number": _number(row.get("number")),
        "samples_s": samples if row["outcome"] == "ok" else samples[:0],
        # Without a round for each sample nothing can be paired.
        "rounds": rounds if rounds.size == samples.size else rounds[:0],
        "positions": positions if positions.size == samples.size else positions[:0],
    }


def _read_compilation(row: dict[str, Any], process: int) -> dict[str, float]:
    """Seconds with nothing cached and with a warm disk cache.

    Older records do not tell them apart: their first process found nothing cached, what later ones found is not known.
    """
    if "compile_cold_s" in row or "compile_cached_s" in row:
        return {name: _number(row.get(name)) for name in ("compile_cold_s", "compile_cached_s")}
    return {"compile_cold_s": _number(row.get("compile_s")) if process == 0 else math.nan, "compile_cached_s": math.nan}


def _read_object(value: Any) -> dict[str, Any]:
    """An optional object: empty where a record has none."""
    return dict(value) if isinstance(value, dict) else {}


def _number(value: Any) -> float:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else math.nan


def _parse_time(text: Any) -> float | None:
    try:
        return datetime.fromisoformat(text).timestamp() if text else None
    except (TypeError, ValueError):
        return None


def _describe_cell(family: str, backend: str, device: str, dtype: str, sizes: dict[str, Any]) -> dict[str, Any]:
    ordered = tuple(sorted((letter, _tidy(value)) for letter, value in sizes.items()))
    spelled = "-".join(f"{letter}{value}" for letter, value in ordered)
    return {
        "family": family,
        "backend": backend,
        "device": device,
        "dtype": dtype,
        "sizes": ordered,
        "cell": f"{family}-{backend}-{device}-{dtype}-{spelled}",
    }


def _tidy(value: Any) -> Any:
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _part(line: dict[str, Any]) -> tuple[str, str, str | None]:
    return line["machine"], line["environment"], line["commit"]


def _part_of(session: Session) -> tuple[str, str, str | None]:
    return session.machine, session.environment, session.commit


def _complete_commits(pile: _Pile) -> None:
    """A shortened commit in a record is the full one that another file spells out."""
    full = {commit for _, _, commit in pile.asv_parts if commit} | {s.commit for s in pile.sessions if s.commit}
    longest: dict[str, str] = {}
    for commit in sorted(full, key=len):
        longest[commit[:8]] = commit
    for line in itertools.chain(pile.lines, pile.asv):
        if line["commit"]:
            line["commit"] = longest[line["commit"][:8]]
    pile.asv_parts = {(m, e, longest[c[:8]] if c else c) for m, e, c in pile.asv_parts}
    for j, session in enumerate(pile.sessions):
        if session.commit and session.commit != longest[session.commit[:8]]:
            pile.sessions[j] = Session(
                session.path,
                session.machine,
                longest[session.commit[:8]],
                session.environment,
                session.cell,
                session.record,
            )


def _date(commit: str | None, dates: dict[str, float]) -> float:
    """When a commit was made; the working tree without a commit is newer than any."""
    if commit is None:
        return math.inf
    return dates.get(commit, dates.get(f"started:{commit}", -math.inf))


def _choose_commits(pile: _Pile, wanted: str | None, folder: Path) -> set[tuple[str, str, str | None, str]]:
    """(machine, environment, commit, family): a family is not hidden by a later run of another one."""
    parts = {(*_part(line), line["family"]) for line in itertools.chain(pile.lines, pile.asv)}
    if wanted is not None:
        chosen = {part for part in parts if part[2] and part[2].startswith(wanted)}
        if not chosen:
            known = ", ".join(sorted({shorten(part[2]) for part in parts}))
            raise LoadError(f"no results for commit {wanted} in {folder} (there are: {known})")
        if len({part[2] for part in chosen}) > 1:
            raise LoadError(
                f"commit {wanted} could be {', '.join(sorted({shorten(p[2]) for p in chosen}))}; give more digits"
            )
        return chosen
    newest: dict[tuple[str, str, str], str | None] = {}
    for machine, environment, commit, family in sorted(parts, key=lambda p: (_date(p[2], pile.dates), p[2] or "")):
        newest[(machine, environment, family)] = commit
    return {(machine, environment, commit, family) for (machine, environment, family), commit in newest.items()}


def _read_rulers(sessions: Iterable[Session]) -> dict[tuple[Any, ...], int]:
    """The ruler that each (machine, environment, commit, cell) was measured under."""
    return {(*_part_of(s), s.cell): int(s.get("ruler", default=0)) for s in sessions}


def _join(lines: list[dict[str, Any]], asv: list[dict[str, Any]], problems: list[str]) -> list[dict[str, Any]]:
    """Session lines with asv's value beside them, and asv's own lines where no session record exists."""
    by_key: dict[tuple[Any, ...], list[dict[str, Any]]] = {}
    for line in lines:
        by_key.setdefault((*_part(line), line["cell"], line["row"]), []).append(line)
    facts = _collect_facts(lines)
    joined, nulls = list(lines), 0
    for entry in asv:
        metrics = entry["metrics"]
        seconds = metrics.get("track_seconds")
        partners = by_key.get((*_part(entry), entry["cell"], entry["row"]))
        if partners:
            for line in partners:
                line["asv_seconds"] = _number(seconds)
            _compare(entry, partners, problems)
            continue
        code = _number(metrics.get("track_outcome"))
        if seconds is None and math.isnan(code):
            nulls += 1
            continue
        outcome = OUTCOMES[int(code)] if 0 <= code < len(OUTCOMES) else ("ok" if _number(seconds) > 0 else None)
        if outcome is None or not _sizes_positive(entry["sizes"]):
            continue
        joined.append(_from_asv(entry, outcome, facts.get((entry["family"], entry["row"]), {})))
    if nulls:
        problems.append(f"asv holds {nulls} empty values (a benchmark that raised, or a parameter not run)")
    return joined


def _collect_facts(lines: Iterable[dict[str, Any]]) -> dict[tuple[str, str], dict[str, Any]]:
    """What does not change with the cell: lets a row that only asv knows keep its role."""
    names = ("method", "form", "role", "exact", "computes", "source", "settings")
    return {(line["family"], line["row"]): {name: line[name] for name in names} for line in lines}


def _sizes_positive(sizes: tuple[tuple[str, Any], ...]) -> bool:
    return all(isinstance(value, str) or value > 0 for _, value in sizes)


def _from_asv(entry: dict[str, Any], outcome: str, facts: dict[str, Any]) -> dict[str, Any]:
    metrics = entry["metrics"]
    seconds = metrics.get("track_seconds")
    samples = metrics.get("samples") or ([seconds] if _number(seconds) > 0 else [])
    row = {
        "outcome": outcome,
        "reason": "" if outcome == "ok" else "no session record: asv keeps no reason",
        "error": metrics.get("track_error"),
        "peak_bytes": metrics.get("track_peak_bytes"),
        "number": metrics.get("number"),
        "samples_s": samples,
        **facts,
    }
    line = _read_row(entry["row"], row, 0)
    if not facts and "~twin" in entry["row"]:
        line["role"] = "twin"
    return line | {
        **{key: entry[key] for key in ("family", "backend", "device", "dtype", "sizes", "cell")},
        "machine": entry["machine"],
        "commit": entry["commit"],
        "environment": entry["environment"],
        "profile": entry["profile"],
        "process": -1,
        "recorded_by": "asv",
        "asv_seconds": _number(seconds),
    }


def _compare(entry: dict[str, Any], partners: list[dict[str, Any]], problems: list[str]) -> None:
    """asv's median and the records' samples are the same measurement: say so where they differ."""
    value = _number(entry["metrics"].get("track_seconds"))
    pooled = np.concatenate([line["samples_s"] for line in partners])
    if math.isnan(value) or pooled.size == 0:
        return
    median = float(np.median(pooled))
    if abs(value - median) > 0.01 * median:
        problems.append(
            f"{entry['cell']}, {entry['row']}: asv says {value:.4g} s, its session records {median:.4g} s (the "
            "records are used)"
        )


def _rank_profile(profile: str) -> int:
    return PROFILES.index(profile) if profile in PROFILES else -1


def _drop_superseded(
    lines: list[dict[str, Any]], dates: dict[str, float], rulers: dict[tuple[Any, ...], int]
) -> tuple[list[dict[str, Any]], int]:
    """Of a machine's cells of a family keep those of its newest ruler: times of two rulers do not belong on one curve.

    Of a cell measured in several environments keep one: newest commit, then the more thorough profile, then asv.
    """
    everything, newest = lines, {}
    for line in lines:
        newest[_scope(line)] = max(newest.get(_scope(line), 0), rulers.get((*_part(line), line["cell"]), 0))
    lines = [line for line in lines if rulers.get((*_part(line), line["cell"]), math.inf) >= newest[_scope(line)]]
    best: dict[tuple[str, str], tuple[Any, ...]] = {}
    for line in lines:
        best[(line["machine"], line["cell"])] = max(
            best.get((line["machine"], line["cell"]), (-math.inf,)), _preference(line, dates)
        )
    kept = [line for line in lines if _preference(line, dates) == best[(line["machine"], line["cell"])]]
    lost = {(line["cell"], _part(line)) for line in everything} - {(line["cell"], _part(line)) for line in kept}
    return kept, len(lost)


def _scope(line: dict[str, Any]) -> tuple[str, str]:
    return line["machine"], line["family"]


def _preference(line: dict[str, Any], dates: dict[str, float]) -> tuple[Any, ...]:
    date, rank = _date(line["commit"], dates), _rank_profile(line["profile"])
    return line["environment"] != "direct", date, rank, line["environment"]


def _list_parts(lines: list[dict[str, Any]], sessions: list[Session], asv_parts: set[Any]) -> tuple[Part, ...]:
    found: dict[tuple[str, str, str | None], dict[str, set[str]]] = {}
    for line in lines:
        entry = found.setdefault(_part(line), {"profile": set(), "device": set()})
        entry["profile"].add(line["profile"])
        entry["device"].add(line["device"])
    return tuple(
        Part(
            *part,
            profile=", ".join(sorted(p for p in entry["profile"] if p)),
            device=", ".join(sorted(entry["device"])),
            asv=part in asv_parts,
            sessions=sum((s.machine, s.environment, s.commit) == part for s in sessions),
        )
        for part, entry in sorted(found.items(), key=lambda item: (item[0][0], item[0][1], item[0][2] or ""))
    )


def _tabulate_history(pile: _Pile) -> pd.DataFrame:
    """asv's medians over commits: one line for each commit, row and cell."""
    lines = [
        {
            "machine": entry["machine"],
            "environment": entry["environment"],
            "commit": entry["commit"],
            "date": _date(entry["commit"], pile.dates),
            "cell": entry["cell"],
            "family": entry["family"],
            "row": entry["row"],
            "sizes": entry["sizes"],
            "seconds": _number(entry["metrics"].get("track_seconds")),
            "times_yardstick": _number(entry["metrics"].get("track_times_yardstick")),
        }
        for entry in pile.asv
        if _number(entry["metrics"].get("track_seconds")) > 0
    ]
    names = ["machine", "environment", "commit", "date", "cell", "family", "row", "sizes", "seconds"]
    names.append("times_yardstick")
    return pd.DataFrame(lines, columns=pd.Index(names)).sort_values(["date", "cell", "row"], kind="stable")
