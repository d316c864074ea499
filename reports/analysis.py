"""From a Run to quantities: times, paired ratios, verdicts, winners, fits and frontiers. No text and no pictures here.

Everything is computed once and kept, so that the sections, the claims and the answer quote the same numbers.
"""

import math
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property
from itertools import chain, combinations
from typing import Any

import numpy as np

from .ceilings import Ceilings
from .collect import collect_points
from .load import FAMILIES, Run, Session
from .misses import LEAVE_OUT
from .points import MODELS, Group, Ladder, Place, Point, Series
from .states import State, find_states, session_key
from .statistics import (
    Calibration,
    Ceiling,
    Coverage,
    Crossover,
    Exponent,
    Frontier,
    Miss,
    Ratio,
    Slope,
    Spread,
    Verdict,
    attainable_seconds,
    calibrate,
    choose_margin,
    cover_processes,
    cover_sizes,
    find_crossover,
    find_frontier,
    fit_exponent,
    fit_spread,
    judge,
    local_slopes,
    noise_floor,
    paired_ratio,
    pool_coverages,
)

# Outcomes that say where a method's reach ends; `wrong` and `error` say something else.
CAPACITY = ("ok", "skipped", "over_budget", "oom", "timeout")
# Largest error of the answer where no method is exact (quadratures): float32's rounding, give or take.
ACCURACY = 1e-6
# Fewer sizes are numbers for the tables: no line, no slope, no exponent.
SWEEP_SIZES = 3
# Fewer settings of one method are rows beside each other, not a curve.
LADDER_RUNGS = 3


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
        self.states = find_states(run.sessions)
        self._letters = {session_key(s): state.letter for state in self.states for s in state.sessions}
        self._points = collect_points(run.frame, self._letters)
        self._ceilings = Ceilings(run.sessions)
        self._cells: dict[tuple[Any, ...], list[Session]] = {}
        for session in run.sessions:
            sizes = frozenset(session.get("cell", "sizes", default={}).items())
            self._cells.setdefault((session.get("cell", "family"), _place(session), sizes), []).append(session)
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
        """A name for files and anchors."""
        spelled = "-".join(f"{letter}{value}" for letter, value in series.fixed)
        state = f"-state-{series.state}" if series.state else ""
        return _simplify(f"{self.place_key(series.family, series.place)}-{spelled}{state}")

    def place_key(self, family: str, place: Place) -> str:
        """The part of a key that all series of a family and place share; the machine only where the run has several."""
        machine = f"{place.machine}-" if len({s.place.machine for s in self._points}) > 1 else ""
        return _simplify(f"{family}-{machine}{place.backend}-{place.device}-{place.dtype}")

    @property
    def places(self) -> tuple[Place, ...]:
        """Places in the order of the series."""
        return tuple(dict.fromkeys(series.place for series in self.series()))

    def rows(self, series: Series) -> tuple[str, ...]:
        """Names of the rows of a series: floor, methods, peers, calibration, twins, by name within each."""
        return self._keep(("rows", series), lambda: self._find_rows(series))

    def _find_rows(self, series: Series) -> tuple[str, ...]:
        found = {point.row: point for points in self._points[series].values() for point in points.values()}
        order = {"floor": 0, "method": 1, "peer": 2, "calibration": 3, "twin": 4}
        return tuple(sorted(found, key=lambda row: (order.get(found[row].role, 5), _split_name(row))))

    def sizes(self, series: Series) -> tuple[float, ...]:
        """Sizes along the series' axis."""
        return tuple(sorted(self._points[series]))

    def is_sweep(self, series: Series) -> bool:
        """Whether there are enough sizes for a curve."""
        return len(self._points[series]) >= SWEEP_SIZES

    def letters(self, family: str) -> tuple[str, ...]:
        """Fixed sizes that tell series of one place apart: B, gamma, T; a tolerance by precision is none."""
        return self._keep(("letters", family), lambda: self._find_letters(family))

    def _find_letters(self, family: str) -> tuple[str, ...]:
        values: dict[tuple[Place, str], set[Any]] = {}
        for series in self.series(family):
            for letter, value in series.fixed:
                values.setdefault((series.place, letter), set()).add(value)
        return tuple(sorted({letter for (_, letter), found in values.items() if len(found) > 1}))

    def groups(self, family: str) -> tuple[Group, ...]:
        """For each place the size and batch at which most series were measured, the largest of them."""
        found: dict[Place, dict[tuple[float, float], list[Series]]] = {}
        for series in self.series(family):
            for size in self.sizes(series):
                at = size, float(series.size("B") or 0)
                found.setdefault(series.place, {}).setdefault(at, []).append(series)
        chosen = {place: max(cells, key=lambda at: (len(cells[at]), at)) for place, cells in found.items()}
        return tuple(Group(place, at[0], tuple(found[place][at])) for place, at in chosen.items())

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
        return self._keep(("sessions", place), lambda: [s for s in self.run.sessions if _place(s) == place])

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
        pairs = self.pairs(series, size, a, b)
        return paired_ratio(pairs, measured=self.ratio_spread(series)) if pairs else None

    def pairs(self, series: Series, size: float, a: str, b: str) -> list[tuple[np.ndarray, np.ndarray]]:
        """Seconds of a and b aligned by round, one pair for each process that timed both; none if one did not run."""
        first, second = self.point(series, size, a), self.point(series, size, b)
        return _pair(first, second) if first and second and first.ok and second.ok else []

    def ratio_spread(self, series: Series) -> Spread | None:
        """Spread between processes of paired log ratios: of the family at its place and state, else of all families
        with its backend on the machine; None where nothing there was measured in several processes.
        """
        place = series.place
        scope = (series.family, place, series.state)
        wide = (place.machine, place.backend, place.device)
        return self._keep(("spread", *scope), lambda: fit_spread(chain(*self._ratios.get(scope, ())))) or self._keep(
            ("spread", *wide), lambda: fit_spread(chain(*self._ratios.get(wide, ())))
        )

    @cached_property
    def _ratios(self) -> dict[tuple[Any, ...], list[list[np.ndarray]]]:
        """Log ratios (processes,) of all pairs of rows of each cell, by the scopes that lend a spread."""
        found: dict[tuple[Any, ...], list[list[np.ndarray]]] = {}
        for series, sizes in self._points.items():
            place = series.place
            for rows in sizes.values():
                points = [p for _, p in sorted(rows.items()) if p.ok and p.role != "twin" and len(p.groups) > 1]
                pairs = (_pair(*two) for two in combinations(points, 2))
                logs = [np.array([np.median(np.log(a / b)) for a, b in pair]) for pair in pairs if len(pair) > 1]
                for scope in ((series.family, place, series.state), (place.machine, place.backend, place.device)):
                    found.setdefault(scope, []).append(logs)
        return found

    def coverage_of_ratios(self, family: str) -> Coverage:
        """How often the interval of a paired ratio held that of a process left out, over a family."""
        return self._keep(("coverage of ratios", family), lambda: self._find_coverage_of_ratios(family))

    def _find_coverage_of_ratios(self, family: str) -> Coverage:
        scopes = dict.fromkeys((s.family, s.place, s.state) for s in self.series(family))
        return pool_coverages(cover_processes(self._ratios.get(scope, [])) for scope in scopes)

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

    def accuracy(self, series: Series) -> float | None:
        """Error that the fastest gradient may have: None where exact ones are known, else ACCURACY."""
        return None if self.gradient_rows(series) else ACCURACY

    def questions(self, family: str) -> tuple[str, ...]:
        """What a reader wants the fastest of: a `gradient` of any kind, or where these belong to different models, of
        each.
        """
        return self._keep(("questions", family), lambda: self._find_questions(family))

    def _find_questions(self, family: str) -> tuple[str, ...]:
        kinds = {self.facts(s, row).computes for s in self.series(family) for row in self.gradient_rows(s)}
        return tuple(kind for kind in MODELS if kind in kinds) or ("gradient",)

    def is_choice(self, series: Series, question: str) -> bool:
        """Whether several methods answer it, and not one in several forms."""
        rows = self.gradient_rows(series, None if question == "gradient" else question)
        return question == "gradient" or len({self.facts(series, row).method for row in rows}) > 1

    def candidates(self, series: Series, size: float, question: str = "gradient") -> tuple[str, ...]:
        """Rows that may be the answer at a size: exact gradients, or where there are none those within ACCURACY."""
        if self.accuracy(series) is None:
            return self.gradient_rows(series, None if question == "gradient" else question)
        known = ((row, self.point(series, size, row)) for row in self.approximate_rows(series))
        return tuple(row for row, point in known if point is not None and not point.error > ACCURACY)

    def rows_that_compute(self, series: Series, *computes: str) -> tuple[str, ...]:
        """Exact rows of role method whose answer is one of `computes`."""
        facts = ((row, self.facts(series, row)) for row in self.rows(series))
        return tuple(row for row, f in facts if f.role == "method" and f.exact and f.computes in computes)

    def approximate_rows(self, series: Series) -> tuple[str, ...]:
        """Rows that return a gradient which is not meant to be exact."""
        return tuple(row for row in self.rows(series) if self.facts(series, row).is_approximate)

    def ladders(self, series: Series) -> tuple[Ladder, ...]:
        """Rows whose names end in the value of a numeric setting, where at least three share the rest."""
        return self._keep(("ladders", series), lambda: self._find_ladders(series))

    def _find_ladders(self, series: Series) -> tuple[Ladder, ...]:
        found: dict[tuple[str, str], list[tuple[float, str]]] = {}
        for row in self.rows(series):
            for letter, value in self.facts(series, row).settings.items():
                if not isinstance(value, bool) and isinstance(value, int | float) and row.endswith(f"_{value:g}"):
                    stem = row.removesuffix(f"_{value:g}")
                    found.setdefault((stem, letter), []).append((float(value), row))
        return tuple(
            Ladder(stem, letter, tuple(sorted(rungs)))
            for (stem, letter), rungs in sorted(found.items())
            if len(rungs) >= LADDER_RUNGS
        )

    def climb(self, series: Series, size: float, ladder: Ladder) -> list[tuple[float, Point]]:
        """The rungs of a ladder that ran at a size."""
        known = ((value, self.point(series, size, row)) for value, row in ladder.rungs)
        return [(value, point) for value, point in known if point is not None and point.ok]

    def climbs(self, series: Series) -> list[tuple[Ladder, float]]:
        """Each ladder with the largest size at which most of its rungs ran, where these are enough for a line."""
        found = []
        for ladder in self.ladders(series):
            size = max(self.sizes(series), key=lambda d: (len(self.climb(series, d, ladder)), d))
            if len(self.climb(series, size, ladder)) >= LADDER_RUNGS:
                found.append((ladder, size))
        return found

    def ladder_exponent(self, series: Series, size: float, ladder: Ladder) -> Exponent | None:
        """Fitted floor and power of the time against the ladder's number at one size; None where nothing ran."""
        return self._keep(("ladder", series, size, ladder), lambda: self._fit_ladder(series, size, ladder))

    def _fit_ladder(self, series: Series, size: float, ladder: Ladder) -> Exponent | None:
        ran = self.climb(series, size, ladder)
        return _fit_times([value for value, _ in ran], [point for _, point in ran]) if ran else None

    def ladder_memory(self, series: Series, size: float, ladder: Ladder) -> Exponent | None:
        """Floor and power of the peak bytes against the ladder's number at one size; None with fewer than four."""
        return self._keep(("ladder memory", series, size, ladder), lambda: self._fit_memory(series, size, ladder))

    def _fit_memory(self, series: Series, size: float, ladder: Ladder) -> Exponent | None:
        known = [(value, point.peak_bytes) for value, point in self.climb(series, size, ladder) if point.peak_bytes > 0]
        if len(known) < 4:
            return None
        return fit_exponent([value for value, _ in known], [[peak] for _, peak in known])

    def coverage(self, family: str) -> Coverage:
        """How often the interval of a time held the median of a process that was left out, over a family."""
        return self._keep(("coverage", family), lambda: self._find_coverage(family))

    def _find_coverage(self, family: str) -> Coverage:
        scopes: dict[Any, list[list[np.ndarray]]] = {}
        for series in self.series(family):
            for rows in self._points[series].values():
                medians = [p.medians for p in rows.values() if p.ok and p.role != "twin"]
                scopes.setdefault((series.place, series.state), []).append(medians)
        return pool_coverages(cover_processes(cells) for cells in scopes.values())

    def calibration(self, series: Series, where: str) -> Calibration | None:
        """How far predictions miss at a series' place and family `between`, `above` or `below` measured sizes.

        None where too few were left out, or where no curve can be calibrated by the others alone: nothing would tell
        whether such an interval holds.
        """
        key = ("calibration", series.family, series.place, where)
        return self._keep(key, lambda: self._calibrate(self.misses(series.family, series.place, where)))

    def _calibrate(self, misses: list[Miss]) -> Calibration | None:
        return calibrate(misses) if cover_sizes(misses).total else None

    def misses(self, family: str, place: Place, where: str) -> list[Miss]:
        """Each size that was left out of a curve, predicted from the others, by where it lies."""
        return self._keep(("misses", family, place, where), lambda: list(self._find_misses(family, place, where)))

    def _find_misses(self, family: str, place: Place, where: str) -> Iterable[Miss]:
        for series in self.series(family):
            for row in self.rows(series) if series.place == place else ():
                if self.facts(series, row).role != "twin":
                    yield from LEAVE_OUT[where]((series, row), [p for p in self.points(series, row) if p.ok])

    def coverage_of_sizes(self, family: str, where: str, known_within: float) -> Coverage:
        """How often the interval of a prediction held a size that was left out, over a family."""
        places = dict.fromkeys(series.place for series in self.series(family))
        return pool_coverages(cover_sizes(self.misses(family, place, where), known_within) for place in places)

    def exponent(self, series: Series, row: str) -> Exponent | None:
        """Fitted floor and power of a row's time; None where it never ran."""
        return self._keep(("exponent", series, row), lambda: self._fit(series, row))

    def _fit(self, series: Series, row: str) -> Exponent | None:
        points = [point for point in self.points(series, row) if point.ok]
        return _fit_times([p.size for p in points], points) if points else None

    def slopes(self, series: Series, row: str) -> tuple[Slope, ...]:
        """Local slopes of a row's time."""
        points = [point for point in self.points(series, row) if point.ok]
        if len(points) < 2:
            return ()
        deviations = [p.deviation for p in points]
        return local_slopes([p.size for p in points], [p.groups for p in points], process=deviations)

    def crossover(self, series: Series, a: str, b: str) -> Crossover | None:
        """Where time(a) / time(b) passes through 1 along the axis; None where they were never timed side by side."""
        return self._keep(("crossover", series, a, b), lambda: self._find_crossover(series, a, b))

    def _find_crossover(self, series: Series, a: str, b: str) -> Crossover | None:
        sizes, sessions = [], []
        for size in self.sizes(series):
            pairs = self.pairs(series, size, a, b)
            if pairs:
                sizes.append(size)
                sessions.append(pairs)
        fits = self.exponent(series, a), self.exponent(series, b)
        both = (fits[0], fits[1]) if fits[0] and fits[1] else None
        return find_crossover(sizes, sessions, both, spread=self.ratio_spread(series)) if sizes else None

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

    def ceiling(self, series: Series, size: float | None = None) -> Ceiling | None:
        """Measured ceiling of a cell: that of its own sessions. Without a size, of a curve: that of its state."""
        return self._keep(("ceiling", series, size), lambda: self._find_ceiling(series, size))

    def _find_ceiling(self, series: Series, size: float | None) -> Ceiling | None:
        if size is not None:
            return self._ceilings.of(self.cell_sessions(series, size))
        own = {session.path for size in self.sizes(series) for session in self.cell_sessions(series, size)}
        states = (state for state in self.states if any(session.path in own for session in state.sessions))
        return self._ceilings.of([session for state in states for session in state.sessions])

    def cell_sessions(self, series: Series, size: float) -> list[Session]:
        """Sessions of a cell in the series' state; those of an unknown state are in that of the series."""
        cell = self._cells.get(_name_cell(series, size), [])
        known = (self._letters.get(session_key(session), series.state) for session in cell)
        return [s for s, letter in zip(cell, known, strict=True) if series.state in ("", letter)]

    def state_ceiling(self, state: State) -> Ceiling | None:
        """Measured ceiling of a state of the machine: medians over its sessions."""
        return self._ceilings.of(state.sessions)

    def attainable(self, series: Series, point: Point, curve: bool = False) -> float | None:
        """Seconds that the ceiling of its cell allows for a row's work; for a `curve`, that of its state."""
        ceiling = self.ceiling(series, None if curve else point.size)
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


def _fit_times(sizes: list[float], points: list[Point]) -> Exponent:
    return fit_exponent(sizes, [p.groups for p in points], process=[p.deviation for p in points])


def _split_name(row: str) -> list[tuple[int, str]]:
    """What a name is sorted by: `neumann_2` before `neumann_10`."""
    return [(int(piece), "") if piece.isdigit() else (-1, piece) for piece in re.split(r"(\d+)", row)]


def _simplify(text: str) -> str:
    return re.sub(r"[^A-Za-z0-9]+", "-", text).strip("-").lower()


def _place(session: Session) -> Place:
    return Place(session.machine, *(session.get("cell", name) for name in ("backend", "device", "dtype")))


def _name_cell(series: Series, size: float) -> tuple[Any, ...]:
    return series.family, series.place, frozenset((*series.fixed, (series.axis, size)))


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
        # Numbers by their value and before words: 8 comes before 64.
        tuple((letter, isinstance(v, str), 0 if isinstance(v, str) else v, str(v)) for letter, v in series.fixed),
        series.state,
    )


def _pair(a: Point, b: Point) -> list[tuple[np.ndarray, np.ndarray]]:
    """Samples of two rows aligned by round, one pair of arrays for each process that has both."""
    pairs = []
    for process in sorted(set(a.samples) & set(b.samples)):
        (rounds_a, seconds_a), (rounds_b, seconds_b) = a.samples[process], b.samples[process]
        _, at_a, at_b = np.intersect1d(rounds_a, rounds_b, return_indices=True)
        if at_a.size:
            pairs.append((seconds_a[at_a], seconds_b[at_b]))
    return pairs
