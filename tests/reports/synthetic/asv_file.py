"""asv's result file of sessions, in the format of asv 0.6.6."""

import itertools
import math
from typing import Any

import numpy as np

from .machine import COMMIT, MACHINE

OUTCOMES = {"ok": 0, "skipped": 1, "over_budget": 2, "oom": 3, "timeout": 4, "wrong": 5, "error": 6}


def make_asv(
    classes: dict[str, list[dict[str, Any]]],
    environment: str,
    device: str,
    commit: str = COMMIT,
    date: int = 1763712000000,
) -> dict[str, Any]:
    """asv's result file of each class's sessions (api version 2), values compressed as asv compresses them."""
    columns = [
        "result",
        "params",
        "version",
        "started_at",
        "duration",
        "stats_ci_99_a",
        "stats_ci_99_b",
        "stats_q_25",
        "stats_q_75",
        "stats_number",
        "stats_repeat",
        "samples",
        "profile",
    ]
    results = {}
    for class_, chosen in classes.items():
        rows = sorted({row for s in chosen for row in s["rows"]})
        letters = list(chosen[0]["cell"]["sizes"])
        axes = [sorted({s["cell"]["sizes"][letter] for s in chosen}) for letter in letters]
        params = [[repr(value) for value in axis] for axis in (rows, *axes, [chosen[0]["cell"]["dtype"]])]
        found: dict[tuple[Any, ...], list[dict[str, Any]]] = {}
        for s, row in itertools.product(chosen, rows):
            if row in s["rows"]:
                found.setdefault((row, *s["cell"]["sizes"].values()), []).append(s["rows"][row])
        points = [found.get(point) for point in itertools.product(rows, *axes)]
        pooled = [[x for r in point for x in r["samples_s"]] if point else None for point in points]
        stats: dict[str, list[Any]] = {name: [] for name in columns}
        for samples in pooled:
            for name, value in _summarise(samples).items():
                stats[name].append(value)
        prefix = f"{class_}.track_"
        common = {"params": params, "version": "1", "started_at": date, "duration": 12.5}
        results[prefix + "seconds"] = _column(columns, {**stats, **common, "samples": [s or None for s in pooled]})
        for metric, pick in {
            "outcome": lambda r: float(OUTCOMES[r["outcome"]]),
            "error": lambda r: math.nan if r["error"] is None else r["error"],
            "peak_bytes": lambda r: math.nan if r["peak_bytes"] is None else float(r["peak_bytes"]),
        }.items():
            values = [pick(point[0]) if point else math.nan for point in points]
            results[prefix + metric] = _column(columns, {"result": values, **common})
    return {
        "commit_hash": commit,
        "env_name": environment,
        "date": date,
        "params": {
            "machine": MACHINE,
            "arch": "x86_64",
            "cpu": "Synthetic CPU",
            "num_cpu": "2",
            "os": "Linux",
            "ram": "25165824",
        },
        "python": "3.11",
        "requirements": {"torch": "2.13.0"},
        "env_vars": {"BENCH_DEVICE": device, "BENCH_PROFILE": "standard"},
        "result_columns": columns,
        "results": results,
        "durations": {},
        "version": 2,
    }


def _summarise(samples: list[float] | None) -> dict[str, Any]:
    if not samples:
        return {
            "result": math.nan,
            "stats_ci_99_a": None,
            "stats_ci_99_b": None,
            "stats_q_25": None,
            "stats_q_75": None,
            "stats_number": None,
            "stats_repeat": None,
        }
    low, q25, median, q75, high = (float(q) for q in np.quantile(samples, [0.1, 0.25, 0.5, 0.75, 0.9]))
    return {
        "result": median,
        "stats_ci_99_a": low,
        "stats_ci_99_b": high,
        "stats_q_25": q25,
        "stats_q_75": q75,
        "stats_number": 1,
        "stats_repeat": len(samples),
    }


def _column(columns: list[str], values: dict[str, Any]) -> list[Any]:
    """asv drops trailing empty columns, and a column that holds nothing is null."""
    row = [values.get(name) for name in columns]
    row = [
        None if isinstance(v, list) and n != "params" and all(x is None for x in v) else v
        for n, v in zip(columns, row, strict=True)
    ]
    while row and row[-1] is None:
        row.pop()
    return row
