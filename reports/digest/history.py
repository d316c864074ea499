"""Rows over commits, as asv recorded them: medians of calls, and times of the family's yardstick."""

import math
from dataclasses import dataclass
from typing import Any

from ..analysis import Analysis
from ..points import DIMENSIONS, Place


@dataclass(frozen=True)
class Mark:
    """A row at a commit: median `seconds`, and the median ratio to the yardstick, paired by round; NaN if unknown."""

    commit: str
    seconds: float
    times: float


@dataclass(frozen=True)
class Track:
    """A row of a cell over the commits of one machine and environment, oldest first; at least two."""

    machine: str
    environment: str
    family: str
    place: Place
    axis: str
    size: float
    fixed: tuple[tuple[str, Any], ...]
    row: str
    marks: tuple[Mark, ...]

    @property
    def paired(self) -> tuple[Mark, ...]:
        """Marks whose ratio to the yardstick is known."""
        return tuple(mark for mark in self.marks if not math.isnan(mark.times))

    @property
    def change(self) -> float:
        """Newest over oldest: of the ratios where two are known, else of the seconds, which move with the machine."""
        if len(self.paired) > 1:
            return self.paired[-1].times / self.paired[0].times
        return self.marks[-1].seconds / self.marks[0].seconds


@dataclass(frozen=True)
class History:
    """All tracks, and the commits that asv's files hold, oldest first."""

    commits: tuple[str, ...]
    tracks: tuple[Track, ...]


def digest_history(analysis: Analysis) -> History:
    """What asv's files hold of every commit, without twins."""
    lines = analysis.run.history.sort_values(["date", "commit"], kind="stable").to_dict("records")
    grouped: dict[tuple[str, ...], dict[str, dict[Any, Any]]] = {}
    for line in lines:
        if "~" not in line["row"]:
            key = tuple(str(line[name]) for name in ("machine", "environment", "family", "cell", "row"))
            # Two files of one commit: the later one.
            grouped.setdefault(key, {})[line["commit"]] = line
    tracks = (_make_track(key, list(found.values())) for key, found in sorted(grouped.items()) if len(found) > 1)
    return History(tuple(dict.fromkeys(str(line["commit"]) for line in lines)), tuple(tracks))


def _make_track(key: tuple[str, ...], lines: list[dict[Any, Any]]) -> Track:
    machine, environment, family, cell, row = key
    backend, device, dtype = cell.removeprefix(f"{family}-").split("-")[:3]
    sizes = dict(lines[0]["sizes"])
    axis = next((letter for letter in DIMENSIONS if letter in sizes), next(iter(sizes)))
    size = float(sizes.pop(axis))
    marks = (
        Mark(str(line["commit"]), float(line["seconds"]), float(line.get("times_yardstick", math.nan)))
        for line in lines
    )
    place, fixed = Place(machine, backend, device, dtype), tuple(sorted(sizes.items()))
    return Track(machine, environment, family, place, axis, size, fixed, row, tuple(marks))
