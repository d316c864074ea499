"""From a Run to quantities: times, paired ratios, verdicts, winners, fits and frontiers. No text and no pictures here.

Everything is computed once and kept, so that the sections, the claims and the answer quote the same numbers.
"""

import math
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, cast

import numpy as np
import pandas as pd

from .load import FAMILIES, Run, Session
from .statistics import (
    Ceiling,
    Crossover,
    Estimate,
    Exponent,
    Frontier,
    Ratio,
    Slope,
    Verdict,
    attainable_seconds,
    choose_margin,
    estimate_median,
    find_crossover,
    find_frontier,
    fit_exponent,
    judge,
    local_slopes,
    noise_floor,
    paired_ratio,
)

# What `computes` says of rows that return no gradient; every other word is a gradient of some kind.
NOT_GRADIENTS = ("step", "value", "products")
# Outcomes that say where a method's reach ends; `wrong` and `error` say something else.
CAPACITY = ("ok", "skipped", "over_budget", "oom", "timeout")
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
    """Cells that differ in one size only, the `axis`; the others are `fixed`."""

    family: str
    place: Place
    fixed: tuple[tuple[str, Any], ...]
    axis: str

    def size(self, letter: str) -> Any:
        """One of the fixed sizes, None where the family has no such letter."""
        return dict(self.fixed).get(letter)


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
    formula_peak_bytes: float
    build_s: float
    compile_s: float
    first_call_s: float
    peak_bytes: float
    peak_instrument: str
    paired: bool
    # process: (rounds, seconds)
    samples: dict[int, tuple[np.ndarray, np.ndarray]] = field(repr=False)

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
        """Median seconds of one call."""
        return estimate_median(np.concatenate(self.groups))

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


@dataclass(frozen=True)
class Winner:
    """The fastest of some rows at one size. `state`: won, tie, undetermined or none.

    `rows` are the fastest first; `margin` is time(runner_up) / time(rows[0]), None where nothing was beaten.
    """

    state: str
    rows: tuple[str, ...]
    point: Point | None
    runner_up: str | None = None
    margin: Ratio | None = None
    beaten: int = 0


class Analysis:
    """All quantities of a run. Methods are cached; nothing here changes the run."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self._points = _collect_points(run.frame)
        self._cache: dict[tuple[Any, ...], Any] = {}

    def _keep(self, key: tuple[Any, ...], compute: Callable[[], Any]) -> Any:
        if key not in self._cache:
            self._cache[key] = compute()
        return self._cache[key]

    @cached_property
    def families(self) -> tuple[str, ...]:
        """Families that were measured, in the project's order."""
        found = {series.family for series in self._points}
        return tuple(family for family in FAMILIES if family in found)

    def series(self, family: str | None = None) -> tuple[Series, ...]:
        """All series (of one family), sorted."""
        return tuple(sorted((s for s in self._points if family in (None, s.family)), key=_sort_series))

    def key(self, series: Series) -> str:
        """A name for files and anchors; the machine only where the run has several."""
        place = series.place
        machine = f"{place.machine}-" if len({s.place.machine for s in self._points}) > 1 else ""
        spelled = "-".join(f"{letter}{value}" for letter, value in series.fixed)
        raw = f"{series.family}-{machine}{place.backend}-{place.device}-{place.dtype}-{spelled}"
        return re.sub(r"[^A-Za-z0-9]+", "-", raw).strip("-").lower()

    @property
    def places(self) -> tuple[Place, ...]:
        """Places in the order of the series."""
        return tuple(dict.fromkeys(series.place for series in self.series()))

    def rows(self, series: Series) -> tuple[str, ...]:
        """Names of the rows of a series: floor, methods, calibration, twins, by name within each."""
        found = {point.row: point for points in self._points[series].values() for point in points.values()}
        order = {"floor": 0, "method": 1, "calibration": 2, "twin": 3}
        return tuple(sorted(found, key=lambda row: (order.get(found[row].role, 4), row)))

    def sizes(self, series: Series) -> tuple[float, ...]:
        """Sizes along the series' axis."""
        return tuple(sorted(self._points[series]))

    def point(self, series: Series, size: float, row: str) -> Point | None:
        """One row at one size, None where nothing is known of it."""
        return self._points[series].get(size, {}).get(row)

    def points(self, series: Series, row: str) -> list[Point]:
        """One row at all sizes."""
        found = (self.point(series, size, row) for size in self.sizes(series))
        return [point for point in found if point is not None]

    def facts(self, series: Series, row: str) -> Point:
        """Any point of a row: what does not change with the size."""
        return self.points(series, row)[0]

    def sessions(self, place: Place) -> list[Session]:
        """Session records of a place."""
        return [
            s
            for s in self.run.sessions
            if (s.machine, s.get("cell", "backend"), s.get("cell", "device"), s.get("cell", "dtype"))
            == (place.machine, place.backend, place.device, place.dtype)
        ]

    def twins(self, place: Place) -> list[Ratio]:
        """A/A ratios: for each session and twin, time(twin) / time(row), over the place's series."""
        return self._keep(("twins", place), lambda: list(self._find_twins(place)))

    def _find_twins(self, place: Place) -> Iterable[Ratio]:
        for series in self.series():
            if series.place != place:
                continue
            for size in self.sizes(series):
                for row, point in sorted(self._points[series][size].items()):
                    original = self.point(series, size, row.partition("~")[0])
                    if "~" not in row or original is None or not (point.ok and original.ok):
                        continue
                    yield from (paired_ratio([pair]) for pair in _pair(point, original))

    def noise(self, place: Place) -> float | None:
        """A/A noise floor of a place, None without twins."""
        twins = self.twins(place)
        return self._keep(("noise", place), lambda: noise_floor([t.value for t in twins]) if twins else None)

    def margin(self, place: Place) -> float:
        """max(5 %, noise floor)."""
        return choose_margin(self.noise(place))

    def ratio(self, series: Series, size: float, a: str, b: str) -> Ratio | None:
        """time(a) / time(b), paired by round within each process; None where they were not timed side by side."""
        return self._keep(("ratio", series, size, a, b), lambda: self._find_ratio(series, size, a, b))

    def _find_ratio(self, series: Series, size: float, a: str, b: str) -> Ratio | None:
        first, second = self.point(series, size, a), self.point(series, size, b)
        if first is None or second is None or not (first.ok and second.ok):
            return None
        pairs = _pair(first, second)
        return paired_ratio(pairs) if pairs else None

    def verdict(self, series: Series, size: float, a: str, b: str) -> Verdict:
        """Whether a is faster than b."""
        reason = "" if self.ratio(series, size, a, b) else "not timed in the same rounds"
        for row in (b, a):
            point = self.point(series, size, row)
            if point is None or not point.ok:
                reason = f"{row} did not run"
        return judge(self.ratio(series, size, a, b), self.margin(series.place), reason)

    def winner(self, series: Series, size: float, rows: Iterable[str]) -> Winner:
        """The fastest of `rows` at a size, judged pair by pair against the fastest median."""
        rows = tuple(sorted(set(rows)))
        return self._keep(("winner", series, size, rows), lambda: self._find_winner(series, size, rows))

    def _find_winner(self, series: Series, size: float, rows: tuple[str, ...]) -> Winner:
        points = [p for p in (self.point(series, size, row) for row in rows) if p is not None and p.ok]
        if not points:
            return Winner("none", (), None)
        points.sort(key=lambda p: (p.seconds.value, p.row))
        best, same, unsettled, beaten = points[0], [], [], []
        for other in points[1:]:
            word = self.verdict(series, size, best.row, other.row).word
            (beaten if word == "faster" else same if word == "same" else unsettled).append(other.row)
        margins = [(ratio.value, row, ratio) for row in beaten if (ratio := self.ratio(series, size, row, best.row))]
        runner_up = min(margins)[1:] if margins else (None, None)
        state = "undetermined" if unsettled else "tie" if same else "won"
        return Winner(state, (best.row, *same, *unsettled), best, *runner_up, beaten=len(beaten))

    def gradient_rows(self, series: Series, computes: str | None = None) -> tuple[str, ...]:
        """Rows that are exact and return a gradient (of one kind)."""
        facts = ((row, self.facts(series, row)) for row in self.rows(series))
        return tuple(row for row, fact in facts if fact.is_gradient and computes in (None, fact.computes))

    def rows_that_compute(self, series: Series, *computes: str) -> tuple[str, ...]:
        """Exact rows of role method whose answer is one of `computes`."""
        facts = ((row, self.facts(series, row)) for row in self.rows(series))
        return tuple(row for row, f in facts if f.role == "method" and f.exact and f.computes in computes)

    def exponent(self, series: Series, row: str) -> Exponent | None:
        """Fitted floor and power of a row's time; None where it never ran."""
        return self._keep(("exponent", series, row), lambda: self._fit(series, row))

    def _fit(self, series: Series, row: str) -> Exponent | None:
        points = [point for point in self.points(series, row) if point.ok]
        return fit_exponent([p.size for p in points], [p.groups for p in points]) if points else None

    def slopes(self, series: Series, row: str) -> tuple[Slope, ...]:
        """Local slopes of a row's time."""
        points = [point for point in self.points(series, row) if point.ok]
        return local_slopes([p.size for p in points], [p.groups for p in points]) if len(points) > 1 else ()

    def crossover(self, series: Series, a: str, b: str) -> Crossover | None:
        """Where time(a) / time(b) passes through 1 along the axis; None where they were never timed side by side."""
        return self._keep(("crossover", series, a, b), lambda: self._find_crossover(series, a, b))

    def _find_crossover(self, series: Series, a: str, b: str) -> Crossover | None:
        sizes, sessions = [], []
        for size in self.sizes(series):
            first, second = self.point(series, size, a), self.point(series, size, b)
            pairs = _pair(first, second) if first and second and first.ok and second.ok else []
            if pairs:
                sizes.append(size)
                sessions.append(pairs)
        fits = self.exponent(series, a), self.exponent(series, b)
        return find_crossover(sizes, sessions, (fits[0], fits[1]) if fits[0] and fits[1] else None) if sizes else None

    def memory_law(self, series: Series, row: str) -> Exponent | None:
        """Floor and power of a row's measured peak bytes; None with fewer than four sizes."""
        points = [p for p in self.points(series, row) if p.peak_bytes > 0]
        if len(points) < 4:
            return None
        law = lambda: fit_exponent([p.size for p in points], [[p.peak_bytes] for p in points])  # noqa: E731
        return self._keep(("memory", series, row), law)

    def frontier(self, series: Series, row: str) -> Frontier:
        """The largest size that ran and the smallest that did not, for reasons of capacity."""
        known = [(p.size, p.outcome) for p in self.points(series, row) if p.outcome in CAPACITY]
        return find_frontier(known) if known else Frontier(None, None, None)

    def first_failure(self, series: Series, row: str) -> Point | None:
        """The point at the smallest size that did not run for reasons of capacity."""
        size = self.frontier(series, row).smallest_failed
        return None if size is None else self.point(series, size, row)

    def ceiling(self, place: Place) -> Ceiling | None:
        """Measured ceiling of a place: the median over its sessions."""
        rates = [
            (s.get("ceiling", "gemm_flops_per_s"), s.get("ceiling", "copy_bytes_per_s")) for s in self.sessions(place)
        ]
        rates = [
            (f, b) for f, b in rates if isinstance(f, int | float) and isinstance(b, int | float) and f > 0 and b > 0
        ]
        return Ceiling(*(float(np.median(column)) for column in zip(*rates, strict=True))) if rates else None

    def attainable(self, series: Series, point: Point) -> float | None:
        """Seconds that the ceiling allows for a row's work."""
        ceiling = self.ceiling(series.place)
        if ceiling is None or math.isnan(point.flops) or math.isnan(point.bytes) or not point.flops + point.bytes > 0:
            return None
        return attainable_seconds(point.flops, point.bytes, ceiling)

    def floor_row(self, series: Series) -> str | None:
        """The row of role floor."""
        return next((row for row in self.rows(series) if self.facts(series, row).role == "floor"), None)

    def memory_bytes(self, place: Place) -> float | None:
        """Memory of the machine as its sessions recorded it; host memory says nothing about a GPU's."""
        if place.device != "cpu":
            return None
        found = [s.get("environment", "memory_bytes") for s in self.sessions(place)]
        found = [value for value in found if isinstance(value, int | float)]
        return float(np.median(found)) if found else None


def _sort_series(series: Series) -> tuple[Any, ...]:
    place = series.place
    devices = {"cpu": 0}
    backends = {"torch": 0, "jax": 1}
    return (
        FAMILIES.index(series.family),
        place.machine,
        devices.get(place.device, 1),
        place.device,
        backends.get(place.backend, 2),
        place.backend,
        place.dtype,
        str(series.fixed),
    )


def _choose_axis(cells: Iterable[tuple[tuple[str, Any], ...]]) -> str:
    """The size that varies most: D where several do."""
    values: dict[str, set[Any]] = {}
    for sizes in cells:
        for letter, value in sizes:
            values.setdefault(letter, set()).add(value)
    numeric = {letter: found for letter, found in values.items() if not any(isinstance(v, str) for v in found)}
    return min(numeric or values, key=lambda letter: (-len(values[letter]), letter != "D", letter))


def _collect_points(frame: pd.DataFrame) -> dict[Series, dict[float, dict[str, Point]]]:
    found: dict[Series, dict[float, dict[str, Point]]] = {}
    for family, part in frame.groupby("family", sort=True):
        axis = _choose_axis(part["sizes"])
        for keys, lines in part.groupby(["machine", "backend", "device", "dtype", "sizes", "row"], sort=True):
            machine, backend, device, dtype, sizes, row = cast(tuple[Any, ...], keys)
            if axis not in dict(sizes):
                continue
            fixed = tuple((letter, value) for letter, value in sizes if letter != axis)
            series = Series(str(family), Place(machine, backend, device, dtype), fixed, axis)
            size = float(dict(sizes)[axis])
            found.setdefault(series, {}).setdefault(size, {})[row] = _make_point(size, lines)
    return found


def _make_point(size: float, lines: pd.DataFrame) -> Point:
    """One point from a row's lines, one per process: the outcome is the first that was not ok."""
    records = lines.to_dict("records")
    shown = next((record for record in records if record["outcome"] != "ok"), records[0])
    names = ("row", "method", "form", "role", "exact", "computes", "source", "outcome", "reason", "peak_instrument")
    numbers = ("predicted_s", "predicted_bytes", "tolerance", "flops", "bytes", "vjps", "jvps", "formula_peak_bytes")
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
    )


def _median(values: Iterable[float]) -> float:
    kept = [value for value in values if not math.isnan(value)]
    return float(np.median(kept)) if kept else math.nan


def _largest(values: Iterable[float]) -> float:
    return max((value for value in values if not math.isnan(value)), default=math.nan)


def _pair(a: Point, b: Point) -> list[tuple[np.ndarray, np.ndarray]]:
    """Samples of two rows aligned by round, one pair of arrays for each process that has both."""
    pairs = []
    for process in sorted(set(a.samples) & set(b.samples)):
        (rounds_a, seconds_a), (rounds_b, seconds_b) = a.samples[process], b.samples[process]
        _, at_a, at_b = np.intersect1d(rounds_a, rounds_b, return_indices=True)
        if at_a.size:
            pairs.append((seconds_a[at_a], seconds_b[at_b]))
    return pairs
