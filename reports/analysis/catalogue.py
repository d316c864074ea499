"""What was measured: families, series, rows, sizes and points."""

import re
from collections.abc import Callable
from functools import cached_property, wraps
from typing import Any, Concatenate, ParamSpec, TypeVar

import numpy as np

from ..collect import collect_points
from ..families import FAMILIES
from ..load import Run, Session, shorten
from ..points import Group, Place, Point, Series
from ..states import find_astray, find_states, session_key

_C = TypeVar("_C", bound="Catalogue")
_P = ParamSpec("_P")
_R = TypeVar("_R")


def kept(method: Callable[Concatenate[_C, _P], _R]) -> Callable[Concatenate[_C, _P], _R]:
    """Compute a method once for each of its arguments."""

    @wraps(method)
    def find(self: _C, *arguments: _P.args, **named: _P.kwargs) -> _R:
        key = method.__name__, *arguments, *named.items()
        if key not in self._cache:
            self._cache[key] = method(self, *arguments, **named)
        return self._cache[key]

    return find


class Catalogue:
    """The points of a run by series, size and row."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self.states = find_states(run.sessions)
        self._letters = {session_key(s): state.letter for state in self.states for s in state.sessions}
        self._points = collect_points(run.frame, self._letters, find_astray(self.states))
        self._cache: dict[tuple[Any, ...], Any] = {}

    @cached_property
    def families(self) -> tuple[str, ...]:
        """Families that were measured, in the project's order."""
        found = {series.family for series in self._points}
        return tuple(family for family in FAMILIES if family in found)

    @kept
    def series(self, family: str | None = None) -> tuple[Series, ...]:
        """All series (of one family), sorted."""
        return tuple(sorted((s for s in self._points if family in (None, s.family)), key=_sort_series))

    def key(self, series: Series) -> str:
        """A name for files and anchors, with the machine only where the run has several."""
        place = series.place
        machine = f"{place.machine}-" if len({s.place.machine for s in self._points}) > 1 else ""
        spelled = "-".join(f"{letter}{value}" for letter, value in series.fixed)
        state = f"-state-{series.state}" if series.state else ""
        name = f"{series.family}-{machine}{place.backend}-{place.device}-{place.dtype}-{spelled}{state}"
        return re.sub(r"[^A-Za-z0-9]+", "-", name).strip("-").lower()

    @property
    def places(self) -> tuple[Place, ...]:
        """Places in the order of the series."""
        return tuple(dict.fromkeys(series.place for series in self.series()))

    @kept
    def rows(self, series: Series) -> tuple[str, ...]:
        """Names of the rows of a series: floor, methods, peers, calibration, twins, by name within each."""
        found = {point.row: point for points in self._points[series].values() for point in points.values()}
        order = {"floor": 0, "method": 1, "peer": 2, "calibration": 3, "twin": 4}
        return tuple(sorted(found, key=lambda row: (order.get(found[row].role, 5), _split_name(row))))

    @kept
    def sizes(self, series: Series) -> tuple[float, ...]:
        """Sizes along the series' axis."""
        return tuple(sorted(self._points[series]))

    @kept
    def letters(self, family: str) -> tuple[str, ...]:
        """Fixed sizes that tell series of one place apart: B, gamma, T; a tolerance by precision is none."""
        values: dict[tuple[Place, str], set[Any]] = {}
        for series in self.series(family):
            for letter, value in series.fixed:
                values.setdefault((series.place, letter), set()).add(value)
        return tuple(sorted({letter for (_, letter), found in values.items() if len(found) > 1}))

    def groups(self, family: str) -> tuple[Group, ...]:
        """For each place the size and batch at which most series were measured, the largest of them."""
        return tuple({group.place: group for group in reversed(self.every_group(family))}.values())[::-1]

    def every_group(self, family: str) -> tuple[Group, ...]:
        """Of all places, those of each size and batch: of one place those of most series first, then the largest."""
        found: dict[Place, dict[tuple[float, float], list[Series]]] = {}
        for series in self.series(family):
            for size in self.sizes(series):
                at = size, float(series.size("B") or 0)
                found.setdefault(series.place, {}).setdefault(at, []).append(series)
        return tuple(
            Group(place, at[0], tuple(cells[at]))
            for place, cells in found.items()
            for at in sorted(cells, key=lambda at: (len(cells[at]), at), reverse=True)
        )

    def point(self, series: Series, size: float, row: str) -> Point | None:
        """One row at one size, None where nothing is known of it."""
        return self._points[series].get(size, {}).get(row)

    @kept
    def points(self, series: Series, row: str) -> tuple[Point, ...]:
        """One row at all sizes."""
        found = (self.point(series, size, row) for size in self.sizes(series))
        return tuple(point for point in found if point is not None)

    def facts(self, series: Series, row: str) -> Point:
        """Any point of a row: what does not change with the size."""
        return self.points(series, row)[0]

    @kept
    def sessions(self, place: Place) -> list[Session]:
        """Session records of a place."""
        return [session for session in self.run.sessions if find_place(session) == place]

    def commits(self, series: Series) -> tuple[str, ...]:
        """The commits that its cells are of: one, but for what a few patient calls add."""
        return self._commits.get((series.family, series.place, frozenset(series.fixed)), ())

    @cached_property
    def _commits(self) -> dict[tuple[Any, ...], tuple[str, ...]]:
        found: dict[tuple[Any, ...], set[str]] = {}
        axes = {series.family: series.axis for series in self._points}
        columns = ["family", "machine", "backend", "device", "dtype", "sizes", "commit"]
        for family, *where, sizes, commit in self.run.frame[columns].drop_duplicates().itertuples(index=False):
            rest = frozenset((letter, value) for letter, value in sizes if letter != axes.get(family))
            found.setdefault((family, Place(*where), rest), set()).add(shorten(commit))
        return {key: tuple(sorted(commits)) for key, commits in found.items()}

    @kept
    def memory_bytes(self, place: Place) -> float | None:
        """Memory that rows may take there, as its sessions recorded it; None where they do not say.

        Older records have the host's only, which says nothing about a GPU's.
        """
        names = ("device_memory_bytes", "memory_bytes") if place.device == "cpu" else ("device_memory_bytes",)
        told = ([s.get("environment", name) for name in names] for s in self.sessions(place))
        first = (next((value for value in values if isinstance(value, int | float)), None) for values in told)
        found = [value for value in first if value is not None]
        return float(np.median(found)) if found else None


def find_place(session: Session) -> Place:
    """Where a session was measured."""
    return Place(session.machine, *(session.get("cell", name) for name in ("backend", "device", "dtype")))


def _split_name(row: str) -> list[tuple[int, str]]:
    """What a name is sorted by: `neumann_2` before `neumann_10`."""
    return [(int(piece), "") if piece.isdigit() else (-1, piece) for piece in re.split(r"(\d+)", row)]


def _sort_series(series: Series) -> tuple[Any, ...]:
    place = series.place
    backends = {"torch": 0, "jax": 1}
    precisions = {"float32": 0, "float64": 1, "tf32": 2}
    return (
        FAMILIES[series.family].order,
        place.machine,
        place.device != "cpu",
        place.device,
        backends.get(place.backend, 2),
        place.backend,
        precisions.get(place.dtype, 3),
        place.dtype,
        # Numbers by their value and before words: 8 comes before 64.
        tuple((letter, isinstance(v, str), 0 if isinstance(v, str) else v, str(v)) for letter, v in series.fixed),
        series.state,
    )
