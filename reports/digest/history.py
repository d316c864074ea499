"""Rows over commits, as asv recorded them: medians of calls, times of the yardstick, and where these changed."""

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, fields, replace
from statistics import median
from typing import Any

from ..analysis import Analysis
from ..comparisons import Compared
from ..families import FAMILIES
from ..points import DIMENSIONS, Place
from ..statistics import SMALLEST_MARGIN, Estimate, find_changes, reach_alone


@dataclass(frozen=True)
class Mark:
    """A row at a commit: `times` is the median ratio to the yardstick, paired by round, and `rough` the ratio of both
    medians, which a machine that changes its state between them moves. NaN if unknown.
    """

    commit: str
    times: float
    rough: float


@dataclass(frozen=True)
class Followed:
    """A row of a cell on one machine in one environment: what tells one track from another."""

    environment: str
    family: str
    place: Place
    axis: str
    size: float
    fixed: tuple[tuple[str, Any], ...]
    row: str


@dataclass(frozen=True)
class Track(Followed):
    """A row over the commits, oldest first; at least two. Another process's ratio lies within a factor `reach` of one
    of them in 95 %, NaN where that is not known.
    """

    marks: tuple[Mark, ...]
    reach: float = math.nan

    @property
    def paired(self) -> tuple[tuple[str, float], ...]:
        """(commit, ratio to the yardstick) where it was recorded."""
        return tuple((mark.commit, mark.times) for mark in self.marks if not math.isnan(mark.times))

    @property
    def compared(self) -> tuple[tuple[str, float], ...]:
        """The same, or where fewer than two were recorded the ratios of medians."""
        rough = tuple((mark.commit, mark.rough) for mark in self.marks if not math.isnan(mark.rough))
        return self.paired if len(self.paired) > 1 else rough

    @property
    def change(self) -> float:
        """Newest over oldest ratio, NaN where fewer than two are known: seconds would tell the machine's state."""
        found = self.compared
        return found[-1][1] / found[0][1] if len(found) > 1 else math.nan


@dataclass(frozen=True)
class Change(Followed):
    """A row's ratio to the yardstick changed its level after the commit `last`; `first` is the next that was recorded.

    `before` and `after` are the medians of the levels, of the numbers of `commits` on both sides. `ratio` and `verdict`
    are those of the two commits where they were compared side by side.
    """

    last: str
    first: str
    before: float
    after: float
    commits: tuple[int, int]
    ratio: Estimate | None = None
    verdict: str = ""

    @property
    def confirmed(self) -> bool:
        """Whether side by side, too, the later of the two commits is slower, or faster; `ratio` says by how much."""
        return self.verdict == ("slower" if self.factor > 1 else "faster")

    @property
    def factor(self) -> float:
        """The new level over the old one."""
        return self.after / self.before

    def of(self, track: Track) -> bool:
        """Whether it is a change of this track."""
        return _name(self) == _name(track)


@dataclass(frozen=True)
class History:
    """All tracks, the commits that asv's files hold, oldest first, what is certain to have changed, and every row of
    two commits that were compared side by side, with its last verdict where there are several.
    """

    commits: tuple[str, ...]
    tracks: tuple[Track, ...]
    changes: tuple[Change, ...] = ()
    compared: tuple[Compared, ...] = ()


def digest_history(analysis: Analysis) -> History:
    """What asv's files hold of every commit, without twins."""
    lines = analysis.run.history.sort_values(["date", "commit"], kind="stable").to_dict("records")
    grouped: dict[tuple[str, ...], dict[str, dict[Any, Any]]] = {}
    for line in lines:
        if "~" not in line["row"]:
            key = tuple(str(line[name]) for name in ("machine", "environment", "family", "cell", "row"))
            # Two files of one commit: the later one.
            grouped.setdefault(key, {})[line["commit"]] = line
    tracks = tuple(
        _make_track(key, list(found.values()), _find_yardstick(grouped, key))
        for key, found in sorted(grouped.items())
        if len(found) > 1
    )
    reaches = {
        (series.family, series.place, series.fixed): math.exp(reach_alone(spread))
        for series in analysis.series()
        if (spread := analysis.ratio_spread(series)) is not None
    }
    tracks = tuple(replace(t, reach=reaches.get((t.family, t.place, t.fixed), math.nan)) for t in tracks)
    commits = tuple(dict.fromkeys(str(line["commit"]) for line in lines))
    compared = _choose(analysis.run.comparisons)
    return History(commits, tracks, confirm(list_changes(tracks), compared), compared)


def _choose(comparisons: Iterable[Compared]) -> tuple[Compared, ...]:
    """Of each row of two commits the last verdict: what a later comparison left open takes none away."""
    chosen: dict[Any, Compared] = {}
    for compared in comparisons:
        if compared.verdict != "open" or chosen.get(compared.key, compared).verdict == "open":
            chosen[compared.key] = compared
    return tuple(chosen.values())


def confirm(changes: Iterable[Change], comparisons: Iterable[Compared]) -> tuple[Change, ...]:
    """The changes with what a comparison of the very two commits says."""
    known = {c.key: c for c in comparisons}
    told = []
    for change in changes:
        sizes = tuple(sorted((*change.fixed, (change.axis, change.size))))
        found = known.get((change.last, change.first, change.family, change.place, sizes, change.row))
        told.append(change if found is None else replace(change, ratio=found.ratio, verdict=found.verdict))
    return tuple(told)


def list_changes(tracks: Sequence[Track]) -> tuple[Change, ...]:
    """Changes of level of the paired ratios that are certain and larger than SMALLEST_MARGIN, track by track."""
    series = [[math.log(times) for _, times in track.paired] for track in tracks]
    pairs = zip(tracks, find_changes(series), strict=True)
    found = (change for track, steps in pairs for change in _tell_changes(track, steps))
    return tuple(change for change in found if abs(math.log(change.factor)) > math.log1p(SMALLEST_MARGIN))


def _tell_changes(track: Track, steps: Sequence[int]) -> Iterator[Change]:
    """Each change of a track, between the levels from the one before to the one after it."""
    commits, times = zip(*track.paired, strict=True) if steps else ((), ())
    for start, at, end in zip((0, *steps), steps, (*steps[1:], len(times)), strict=False):
        yield Change(
            **_name(track),
            last=commits[at - 1],
            first=commits[at],
            before=median(times[start:at]),
            after=median(times[at:end]),
            commits=(at - start, end - at),
        )


def _name(followed: Followed) -> dict[str, Any]:
    return {each.name: getattr(followed, each.name) for each in fields(Followed)}


def _find_yardstick(
    grouped: dict[tuple[str, ...], dict[str, dict[Any, Any]]], key: tuple[str, ...]
) -> dict[str, float]:
    """Seconds of the yardstick of a row's cell by commit; nothing of the yardstick itself, whose ratio says nothing."""
    yardstick = FAMILIES[key[2]].yardstick
    found = {} if key[4] == yardstick else grouped.get((*key[:4], yardstick), {})
    return {commit: float(line["seconds"]) for commit, line in found.items()}


def _make_track(key: tuple[str, ...], lines: list[dict[Any, Any]], yardstick: dict[str, float]) -> Track:
    machine, environment, family, cell, row = key
    backend, device, dtype = cell.removeprefix(f"{family}-").split("-")[:3]
    sizes = dict(lines[0]["sizes"])
    axis = next((letter for letter in DIMENSIONS if letter in sizes), next(iter(sizes)))
    size = float(sizes.pop(axis))
    marks = [
        Mark(
            commit=str(line["commit"]),
            times=float(line.get("times_yardstick", math.nan)),
            rough=float(line["seconds"]) / yardstick.get(line["commit"], math.nan),
        )
        for line in lines
    ]
    place, fixed = Place(machine, backend, device, dtype), tuple(sorted(sizes.items()))
    return Track(environment, family, place, axis, size, fixed, row, tuple(marks))
