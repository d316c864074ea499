"""One row at one size, and the series of cells it belongs to: what the frame's lines become."""

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from .statistics import Estimate, Spread, deviate_process, estimate_process, fit_spread

# What `computes` says of rows that return no gradient; every other word is a gradient of some kind.
NOT_GRADIENTS = (
    *("step", "value", "products", "fixed_point"),
    *("inverse", "inverse_rk4", "curl", "curl_difference", "curl_moments"),
)
# Kinds of gradient that belong to different models: who trains one has no use for another's, however fast it is.
MODELS = ("psi", "phi", "tied")
# The letters of the papers for the size that all is about.
DIMENSIONS = ("D", "d")
_MEMORY_WORDS = re.compile(r"memory|bytes|\b[kKMGT]i?B\b")


@dataclass(frozen=True, order=True)
class Place:
    """Where something was measured."""

    machine: str
    backend: str
    device: str
    dtype: str


@dataclass(frozen=True, order=True)
class Series:
    """Cells that differ in one size only, the `axis`; the others are `fixed`.

    `state` is the letter of the machine's state where the family was measured in several: cells of two states share
    no curve. It is "" where there is one.
    """

    family: str
    place: Place
    fixed: tuple[tuple[str, Any], ...]
    axis: str
    state: str = ""

    def size(self, letter: str) -> Any:
        """One of the fixed sizes, None where the family has no such letter."""
        return dict(self.fixed).get(letter)


@dataclass(frozen=True)
class Group:
    """Cells of one place, size and batch that differ in what is solved (gamma, T), one of each series."""

    place: Place
    size: float
    series: tuple[Series, ...]


@dataclass(frozen=True)
class Products:
    """Products per sample and what counted them: the wrapped operator in an untimed run, or the formula."""

    vjps: float
    jvps: float
    evaluations: float
    counted: bool

    @property
    def total(self) -> float:
        """All three together: each costs about as much as the others."""
        return self.vjps + self.jvps + self.evaluations


@dataclass(frozen=True)
class Quality:
    """What a result is worth beyond its error, the worst process of each; NaN where it was not recorded.

    residual is the largest |v - J^T w| / |v| of a sample, cosine that of the parameter gradient p against the
    oracle's g, descent <p, g> / |g|^2. path_error and round_trip are an inverse's, mean and spread those of a curl's
    ratio to the dense one, over the samples.
    """

    residual: float = math.nan
    cosine: float = math.nan
    descent: float = math.nan
    iterations_mean: float = math.nan
    iterations_max: float = math.nan
    path_error: float = math.nan
    round_trip: float = math.nan
    mean: float = math.nan
    spread: float = math.nan


@dataclass(frozen=True)
class Ladder:
    """Rows of one method that differ in one number, `letter`: (value, row) ascending. `stem` is what names share."""

    stem: str
    letter: str
    rungs: tuple[tuple[float, str], ...]

    @property
    def rows(self) -> tuple[str, ...]:
        """The rows by their value."""
        return tuple(row for _, row in self.rungs)

    @property
    def name(self) -> str:
        """`neumann_k`."""
        return f"{self.stem}_{self.letter}"


@dataclass(frozen=True)
class Point:
    """One row at one size: all its processes together."""

    size: float
    row: str
    method: str
    form: str
    role: str
    exact: bool
    computes: str
    source: str
    outcome: str
    reason: str
    predicted_s: float
    predicted_bytes: float
    error: float
    tolerance: float
    flops: float
    bytes: float
    vjps: float
    jvps: float
    evaluations: float
    formula_peak_bytes: float
    build_s: float
    compile_s: float
    first_call_s: float
    peak_bytes: float
    peak_instrument: str
    paired: bool
    # process: (rounds, seconds)
    samples: dict[int, tuple[np.ndarray, np.ndarray]] = field(repr=False)
    settings: dict[str, Any] = field(default_factory=dict)
    products: Products | None = None
    quality: Quality = field(default_factory=Quality)
    # What `error` is: against the reference, by random probes, or a residual; "" in records that do not say.
    measure: str = ""
    # How far another process may lie, None where nothing like this was measured in several.
    spread: Spread | None = None

    @property
    def ok(self) -> bool:
        """Ran, was right and was timed."""
        return self.outcome == "ok" and any(seconds.size for _, seconds in self.samples.values())

    @property
    def groups(self) -> list[np.ndarray]:
        """Samples in seconds, one array per process."""
        return [seconds for _, seconds in self.samples.values() if seconds.size]

    @cached_property
    def seconds(self) -> Estimate:
        """Seconds of one call: the processes' median, with the interval for the median of another process."""
        return estimate_process(self.groups, self.spread)

    @property
    def medians(self) -> np.ndarray:
        """Log median seconds (processes,)."""
        return np.array([np.median(np.log(group)) for group in self.groups])

    @property
    def deviation(self) -> float:
        """Standard deviation, in log seconds, that its processes are worth to its level; NaN where it is not known."""
        return deviate_process(self.medians, self.spread)

    @property
    def minimum(self) -> float:
        """The fastest sample."""
        return float(min(group.min() for group in self.groups))

    @property
    def limit(self) -> str:
        """Why it did not run: memory, time, or the outcome's own name; "" if it ran."""
        if self.outcome == "ok":
            return ""
        if self.outcome == "oom":
            return "memory"
        if self.outcome == "timeout":
            return "time"
        if self.outcome == "over_budget":
            return "memory" if _MEMORY_WORDS.search(self.reason) else "time"
        return self.outcome

    @property
    def is_gradient(self) -> bool:
        """A candidate for the winner: an exact method that returns a gradient."""
        return self.role == "method" and self.exact and self.computes not in NOT_GRADIENTS

    @property
    def is_approximate(self) -> bool:
        """A method that returns a gradient which is not meant to be exact."""
        return self.role == "method" and not self.exact and self.computes not in NOT_GRADIENTS


Points = dict[Series, dict[float, dict[str, Point]]]


def collect_points(frame: pd.DataFrame, states: Mapping[tuple[Any, ...], str] | None = None) -> Points:
    """The points of each series by size and row.

    `states` has the letter of each session by its (machine, environment, commit, cell, process).
    """
    lines = frame.to_dict("records")
    axes = {family: _choose_axis(part["sizes"]) for family, part in frame.groupby("family", sort=True)}
    letters = _choose_letters(lines, states or {})
    grouped: dict[tuple[Series, float, str], list[dict[Any, Any]]] = {}
    for line, letter in zip(lines, letters, strict=True):
        sizes, axis = dict(line["sizes"]), axes[line["family"]]
        if axis not in sizes:
            continue
        fixed = tuple((name, value) for name, value in line["sizes"] if name != axis)
        series = Series(line["family"], _find_place(line), fixed, axis, letter)
        grouped.setdefault((series, float(sizes[axis]), line["row"]), []).append(line)
    found: Points = {}
    for (series, size, row), records in grouped.items():
        found.setdefault(series, {}).setdefault(size, {})[row] = _make_point(size, records)
    return _lend_spreads(found)


def _find_place(line: Mapping[Any, Any]) -> Place:
    return Place(line["machine"], line["backend"], line["device"], line["dtype"])


def _choose_letters(lines: Sequence[Mapping[Any, Any]], states: Mapping[tuple[Any, ...], str]) -> list[str]:
    """The letter of each line, "" where its family has one state at its place; unknown ones are in the first."""
    keys = ("machine", "environment", "commit", "cell", "process")
    letters = [states.get(tuple(line[key] for key in keys), "") for line in lines]
    scopes = [(line["family"], _find_place(line)) for line in lines]
    several: dict[Any, set[str]] = {}
    for scope, letter in zip(scopes, letters, strict=True):
        several.setdefault(scope, set()).update({letter} - {""})
    return [
        "" if len(several[scope]) < 2 else letter or min(several[scope])
        for scope, letter in zip(scopes, letters, strict=True)
    ]


def _lend_spreads(found: Points) -> Points:
    """Each point with the spread between processes of its family, place and state, where that is known."""
    groups: dict[Any, list[np.ndarray]] = {}
    for series, sizes in found.items():
        several = [p.medians for rows in sizes.values() for p in rows.values() if p.ok and p.role != "twin"]
        groups.setdefault((series.family, series.place, series.state), []).extend(several)
    spreads = {scope: fit_spread(several) for scope, several in groups.items()}
    return {
        series: {
            size: {
                row: replace(point, spread=spreads[series.family, series.place, series.state])
                for row, point in rows.items()
            }
            for size, rows in sizes.items()
        }
        for series, sizes in found.items()
    }


def _choose_axis(cells: Iterable[tuple[tuple[str, Any], ...]]) -> str:
    """The dimension where it varies, else the size that varies most."""
    values: dict[str, set[Any]] = {}
    for sizes in cells:
        for letter, value in sizes:
            values.setdefault(letter, set()).add(value)
    numeric = {letter: found for letter, found in values.items() if not any(isinstance(v, str) for v in found)}
    for letter in DIMENSIONS:
        if len(numeric.get(letter, ())) > 1:
            return letter
    return min(numeric or values, key=lambda letter: (-len(values[letter]), letter not in DIMENSIONS, letter))


def _make_point(size: float, records: Sequence[Mapping[Any, Any]]) -> Point:
    """One point from a row's lines, one per process: the outcome is the first that was not ok."""
    shown = next((record for record in records if record["outcome"] != "ok"), records[0])
    names = ("row", "method", "form", "role", "exact", "computes", "source", "outcome", "reason", "peak_instrument")
    names += ("measure",)
    numbers = ("predicted_s", "predicted_bytes", "tolerance", "flops", "bytes", "vjps", "jvps", "evaluations")
    numbers += ("formula_peak_bytes",)
    medians = ("build_s", "compile_s", "first_call_s")
    values: dict[str, Any] = {name: shown[name] for name in names}
    values |= {name: float(shown[name]) for name in numbers}
    values |= {name: _median(record[name] for record in records) for name in medians}
    return Point(
        size=size,
        **values,
        # The worst process: an error or a memory peak is a bound, not an average.
        error=_largest(record["error"] for record in records),
        peak_bytes=_largest(record["peak_bytes"] for record in records),
        paired=any(record["rounds"].size for record in records),
        samples={record["process"]: (record["rounds"], record["samples_s"]) for record in records},
        settings=shown["settings"],
        products=_read_products(shown),
        quality=_merge_quality([record["quality"] for record in records]),
    )


def _read_products(record: Mapping[str, Any]) -> Products | None:
    """What the record counted, else what its formula says; None where neither is known."""
    given = record["products"] or {name: record[name] for name in ("vjps", "jvps", "evaluations")}
    spent = {name: given.get(name) for name in ("vjps", "jvps", "evaluations")}
    known = {name: float(value) for name, value in spent.items() if isinstance(value, int | float) and value >= 0}
    if not known:
        return None
    counted = record["products"].get("counted") is True
    return Products(*(known.get(name, 0.0) for name in spent), counted=counted)


def _merge_quality(found: Sequence[Mapping[str, float]]) -> Quality:
    """The worst process of each: a bound, not an average."""
    merged = {}
    for name in (quantity.name for quantity in fields(Quality)):
        values = [given.get(name, math.nan) for given in found]
        worst = _largest if name not in ("cosine", "descent") else _smallest
        merged[name] = worst(values)
    return Quality(**merged)


def _median(values: Iterable[float]) -> float:
    kept = [value for value in values if not math.isnan(value)]
    return float(np.median(kept)) if kept else math.nan


def _largest(values: Iterable[float]) -> float:
    return max((value for value in values if not math.isnan(value)), default=math.nan)


def _smallest(values: Iterable[float]) -> float:
    return min((value for value in values if not math.isnan(value)), default=math.nan)
