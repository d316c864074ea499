"""asv's files: the index of parameter names, and result files (api version 2)."""

import ast
import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ..families import FAMILIES
from .pile import Pile
from .row import describe_cell

BACKENDS = ("torch", "jax")


def read_index(folder: Path, pile: Pile) -> dict[str, list[str]]:
    """Parameter names of each asv benchmark."""
    path = folder / "benchmarks.json"
    data = pile.read(folder, path, "asv index") if path.is_file() else None
    return {
        name: entry["param_names"]
        for name, entry in (data or {}).items()
        if isinstance(entry, dict) and isinstance(entry.get("param_names"), list)
    }


def read_asv(folder: Path, machine: str, path: Path, index: dict[str, list[str]], pile: Pile) -> None:
    """Add the lines of a result file."""
    data = pile.read(folder, path, "asv result")
    if data is None:
        return
    commit, environment = data.get("commit_hash"), data.get("env_name") or "unknown"
    try:
        lines = list(_iterate_lines(data, machine, index))
        if not isinstance(commit or "", str):
            raise TypeError(f"commit_hash is {commit!r}")
    except (AttributeError, IndexError, KeyError, TypeError, ValueError) as error:
        name = path.relative_to(folder).as_posix()
        pile.problems.append(f"{name}: not an asv result file ({type(error).__name__}: {error})")
        return
    if commit and isinstance(data.get("date"), int | float):
        pile.dates[commit] = data["date"] / 1000
    pile.asv_parts.add((machine, environment, commit))
    pile.names[(machine, path.stem)] = environment
    pile.asv.extend(lines)


def _iterate_lines(data: dict[str, Any], machine: str, index: dict[str, list[str]]) -> Iterator[dict[str, Any]]:
    """One line for each row and cell."""
    columns, variables = data["result_columns"], data.get("env_vars") or {}
    merged: dict[tuple[str, str, tuple[tuple[str, Any], ...]], dict[str, Any]] = {}
    for benchmark, values in data["results"].items():
        pieces = benchmark.split(".")
        if len(pieces) < 3 or pieces[-3] not in FAMILIES or not pieces[-1].startswith("track_"):
            continue
        family, backend, metric = pieces[-3], _find_backend(pieces[-2]), pieces[-1].removeprefix("track_")
        entry = dict(zip(columns, values, strict=False))
        parameters = [[_parse_parameter(value) for value in axis] for axis in entry.get("params") or []]
        letters = FAMILIES[family].letters[: len(parameters) - 2]
        names = index.get(benchmark) or ["method", *letters, "dtype"]
        points = list(itertools.product(*parameters))
        results = entry.get("result") or [None] * len(points)
        for j, point in enumerate(points):
            given = dict(zip(names, point, strict=False))
            # Two classes of a backend may hold the same cell: by its coordinates, whatever their order, it is one.
            line = merged.setdefault((family, backend, tuple(sorted(given.items(), key=str))), given)
            line[f"track_{metric}"] = results[j]
            if metric == "seconds":
                line["samples"] = entry["samples"][j] if entry.get("samples") else None
    device, profile = variables.get("BENCH_DEVICE", "cpu"), variables.get("BENCH_PROFILE", "")
    for (family, backend, _), line in merged.items():
        place = {"family": family, "backend": backend, "device": device, "dtype": line.get("dtype", "float32")}
        sizes = {k: v for k, v in line.items() if k not in ("method", "dtype", "samples") and k[:6] != "track_"}
        if unknown := sizes.keys() - {*FAMILIES[family].letters}:
            raise ValueError(f"unknown size {min(unknown)!r} of {family}")
        yield {
            **describe_cell(place | {"sizes": sizes}),
            "machine": machine,
            "commit": data.get("commit_hash"),
            "environment": data.get("env_name") or "unknown",
            "profile": profile,
            "row": str(line.get("method", "")),
            "metrics": line,
        }


def _find_backend(name: str) -> str:
    """The backend that a class is named after: `Torch`, `TorchSpectrum`."""
    return next((backend for backend in BACKENDS if name.lower().startswith(backend)), name.lower())


def _parse_parameter(text: Any) -> Any:
    """asv stores parameters as the repr of the value."""
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError, TypeError):
        return text
