"""Studies: what `benchmarks/studies/` wrote, and the quantities that the section and the claims quote.

The format is documented in `benchmarks/studies/_run.py`. Rows of one seed, epoch and process were timed next to each
other: they are a round, and ratios are taken within it.
"""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from statistics import median
from typing import Any

from .families import TRAININGS
from .group import group_by
from .records import find_records, is_number
from .statistics import Estimate, Ratio, estimate_median, paired_ratio

SCHEMA = 1
# What every study's record tells of it; each has settings of its own beside them.
SETTINGS = ("architecture", "batch", "optimiser", "test", "train")
# The numbers that every row has.
NUMBERS = ("seconds", "evaluations", "vjps", "jvps")


@dataclass(frozen=True)
class Study:
    """One study record. `rows` holds one dictionary for each method, seed and epoch."""

    path: str
    machine: str
    name: str
    data: str
    record: dict[str, Any] = field(repr=False)

    @property
    def rows(self) -> list[dict[str, Any]]:
        """All epochs, in the order in which they were trained."""
        return self.record["rows"]

    @property
    def commit(self) -> str | None:
        """The commit whose code was trained."""
        return self.record.get("commit")

    @property
    def methods(self) -> tuple[str, ...]:
        """Methods in the study's order."""
        return tuple(method for method in self.record["methods"] if method in self._by_method)

    @cached_property
    def seeds(self) -> tuple[int, ...]:
        """Seeds of the trainings."""
        return tuple(sorted({row["seed"] for row in self.rows}))

    @cached_property
    def epochs(self) -> int:
        """Epochs that every training has."""
        return max(row["epoch"] for row in self.rows)

    def chosen(self, method: str) -> dict:
        """What a method is trained with: its own settings."""
        return self.record["methods"][method]["settings"]

    def setting(self, name: str) -> Any:
        """A setting that holds for all methods, None where the study has no such."""
        return self.record.get("settings", {}).get(name)

    def exact(self, method: str) -> bool:
        """Whether the method solves the linear system."""
        return bool(self.record["methods"][method].get("exact"))

    def order(self, method: str) -> int | None:
        """k of a truncated Neumann series, 0 of `jfb`, None of a solver and of jfb by another forward."""
        return 0 if method == "jfb" else self.record["methods"][method].get("settings", {}).get("k")

    def of(self, method: str) -> list[dict[str, Any]]:
        """The rows of one method, by seed and epoch."""
        return self._by_method[method]

    @cached_property
    def _by_method(self) -> dict[str, list[dict[str, Any]]]:
        rows = sorted(self.rows, key=lambda row: (row["seed"], row["epoch"]))
        return group_by(rows, lambda row: row["method"])


def find_studies(
    places: Iterable[Path], read: Callable[[Path], Any], problems: list[str], commit: str | None = None
) -> tuple[Study, ...]:
    """Of each machine, study and data the newest record; see `find_records`."""
    found = find_records(places, "study", find_fault, read, problems, commit)
    studies = (Study(name, machine, record["study"], record["data"], _count(record)) for name, machine, record in found)
    newest = {(study.machine, study.name, study.data): study for study in studies}
    return tuple(newest[key] for key in sorted(newest))


def _count(record: dict[str, Any]) -> dict[str, Any]:
    """The record with the evaluations that were made: an epoch trains on every sample once."""
    finished, missed = str(record.get("finished_at") or ""), record["settings"]["train"]
    wrong = {method for method, mended in TRAININGS[record["study"]].uncounted if finished < mended}
    rows = (row | {"evaluations": row["evaluations"] + missed * (row["method"] in wrong)} for row in record["rows"])
    return record | {"rows": list(rows)} if wrong else record


def find_fault(record: dict[str, Any]) -> str | None:
    """Why a study record cannot be used, or None."""
    if record.get("schema") != SCHEMA:
        return f"schema {record.get('schema')!r} is not {SCHEMA}, the one this reader knows"
    if record.get("study") not in tuple(TRAININGS):
        return f"unknown study {record.get('study')!r} (known: {', '.join(TRAININGS)})"
    methods, rows = record.get("methods"), record.get("rows")
    if not isinstance(methods, dict) or not all(isinstance(method, dict) for method in methods.values()):
        return "methods must be an object of objects"
    if not isinstance(rows, list) or not rows or not isinstance(record.get("data"), str):
        return "it must name its data and its methods and hold rows"
    wanted = (*SETTINGS, *TRAININGS[record["study"]].settings)
    absent = [name for name in wanted if name not in (record.get("settings") or {})]
    if absent:
        return f"the settings lack {', '.join(absent)}"
    for j, row in enumerate(rows):
        if not isinstance(row, dict) or row.get("method") not in list(methods):
            return f"row {j}: the method must be one of {', '.join(methods)}"
        if not all(isinstance(row.get(key), int) for key in ("seed", "epoch", "process")) or row["epoch"] < 1:
            return f"row {j}: seed, epoch and process must be whole numbers, epoch from 1"
        for name in NUMBERS:
            value = row.get(name)
            if not is_number(value) or value < 0 or row["seconds"] == 0:
                return f"row {j}: {name} must be a number from 0 (seconds above), got {value!r}"
    return None


def epoch_seconds(study: Study, method: str) -> Estimate:
    """Median seconds of one epoch over all seeds and epochs."""
    return estimate_median([row["seconds"] for row in study.of(method)])


def epoch_ratios(study: Study, baseline: str) -> dict[str, Ratio]:
    """For each other method time(method) / time(baseline), paired by epoch: above 1, the baseline is the faster.

    Seeds stand for processes (another seed is another network and another order of the images), so that the interval
    is the wider of that over epochs and that over seeds. A method without a common epoch is left out.
    """
    others = [method for method in study.methods if method != baseline and baseline in study.methods]
    paired = {method: pair_seconds(study, method, baseline) for method in others}
    return {method: paired_ratio(sessions) for method, sessions in paired.items() if sessions}


def final(study: Study, method: str, name: str) -> Estimate | None:
    """A number of each training at its end, over the seeds; None if one of them does not know it.

    Median and range: of n seeds the range holds the median of all seeds with probability 1 - 2^(1-n), 75 % for three.
    """
    ends = _ends(study, method, name)
    return summarise_seeds(list(ends.values())) if len(ends) == len(study.seeds) else None


def final_differences(study: Study, name: str, baseline: str) -> dict[str, Estimate]:
    """For each other method the same number minus the baseline's, paired by seed: `final` of the differences."""
    found = {}
    for method in study.methods if baseline in study.methods else ():
        ours, theirs = (_ends(study, m, name) for m in (method, baseline))
        shared = sorted(ours.keys() & theirs.keys())
        if method != baseline and shared:
            found[method] = summarise_seeds([ours[seed] - theirs[seed] for seed in shared])
    return found


def products(study: Study, method: str) -> tuple[float, float, float]:
    """(vjps, jvps) of one sample in one step, means over the training; and all of one training, vjps and jvps."""
    rows = study.of(method)
    samples = study.setting("train") * len(rows)
    vjps, jvps = (sum(row[name] for row in rows) for name in ("vjps", "jvps"))
    return vjps / samples, jvps / samples, (vjps + jvps) / len(study.seeds)


def summarise_seeds(values: Sequence[float]) -> Estimate:
    """Median and range; no interval from one seed."""
    value, n = float(median(values)), len(values)
    if n == 1:
        return Estimate(value, math.nan, math.nan, n)
    return Estimate(value, float(min(values)), float(max(values)), n, 1 - 2.0 ** (1 - n))


def pair_seconds(study: Study, a: str, b: str) -> list[tuple[list[float], list[float]]]:
    """Seconds of two methods aligned by epoch, one pair of lists for each seed and process that has both."""
    times: list[dict[tuple[int, int, int], float]] = [
        {(row["process"], row["seed"], row["epoch"]): row["seconds"] for row in study.of(m)} for m in (a, b)
    ]
    shared = sorted(times[0].keys() & times[1].keys())
    sessions = sorted({key[:2] for key in shared})
    return [tuple([t[key] for key in shared if key[:2] == session] for t in times) for session in sessions]  # type: ignore[misc]


def _ends(study: Study, method: str, name: str) -> dict[int, float]:
    """The number of each seed's last epoch, where it is known."""
    last = {row["seed"]: row.get(name) for row in study.of(method)}
    return {seed: value for seed, value in last.items() if value is not None}
