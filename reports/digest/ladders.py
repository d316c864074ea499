"""Methods whose names end in a number: how time and memory grow with it."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from ..analysis import Analysis
from ..analysis.ladders import LADDER_RUNGS
from ..group import group_by
from ..points import Ladder, Series
from ..statistics import Estimate, Exponent
from .series import Measured, find_keys

# A tolerance is a number in a name too, but none that work grows with.
LEAST = 1.0
# Rungs that show a course.
ENOUGH = 4


@dataclass(frozen=True)
class Climb:
    """Rows of one method at one size, by the number `letter` in their names: `rungs` are (number, row), ascending.

    `time` and `memory` are the exponents p of floor + c · kᵖ, None where nothing was fitted. `deep` says that the
    method keeps more the higher it climbs, by its cost formula.
    """

    series: str
    size: float
    stem: str
    letter: str
    rungs: tuple[tuple[float, str], ...]
    time: Estimate | None
    memory: Estimate | None
    deep: bool


def digest_climbs(analysis: Analysis, name: str, measured: tuple[Measured, ...]) -> tuple[Climb, ...]:
    """Of the longest series of each place that has any; the ladders of a letter at one size, in all places the same
    where each has its rungs at one.
    """
    keys, chosen = find_keys(analysis, name), {}
    for series in measured:
        key = keys[series.key]
        climbed = (ladder for ladder in analysis.ladders(key) if ladder.rungs[0][0] >= LEAST)
        groups = group_by(climbed, lambda ladder: ladder.letter)
        found = [pair for group in groups.values() for pair in _choose(analysis, key, group)]
        rungs = sum(len(analysis.climb(key, size, ladder)) for ladder, size in found)
        known = chosen.get(series.place)
        if found and (known is None or (len(series.sizes), rungs) > known[0]):
            chosen[series.place] = (len(series.sizes), rungs), key, groups
    told = [(key, letter, group) for _, key, groups in chosen.values() for letter, group in groups.items()]
    shared: dict[str, set[float]] = {}
    for key, letter, group in told:
        full = _list_full(analysis, key, group)
        shared[letter] = shared.get(letter, full) & full
    return tuple(
        _climb(analysis, key, size, ladder)
        for key, letter, group in told
        for ladder, size in _choose(analysis, key, group, shared[letter])
    )


def _list_full(analysis: Analysis, series: Series, group: list[Ladder]) -> set[float]:
    """Sizes at which each of the ladders has its rungs."""
    wanted = [(ladder, min(ENOUGH, len(ladder.rungs))) for ladder in group]
    return {d for d in analysis.sizes(series) if all(len(analysis.climb(series, d, each)) >= n for each, n in wanted)}


def _choose(
    analysis: Analysis, series: Series, group: list[Ladder], shared: Collection[float] = ()
) -> Iterator[tuple[Ladder, float]]:
    """Ladders of one letter are told at one size, or their lines would be of two: the largest that is `shared`, else
    where each has its rungs, else that of the most rungs.
    """
    ran = {d: [len(analysis.climb(series, d, ladder)) for ladder in group] for d in analysis.sizes(series)}
    full = shared or _list_full(analysis, series, group)
    size = max(full, default=None) or max(ran, key=lambda d: (sum(ran[d]), d))
    yield from ((ladder, size) for ladder, n in zip(group, ran[size], strict=True) if n >= LADDER_RUNGS)


def _climb(analysis: Analysis, series: Series, size: float, ladder: Ladder) -> Climb:
    ran = analysis.climb(series, size, ladder)
    first, last = ran[0][1], ran[-1][1]
    deep = last.formula_peak_bytes > first.formula_peak_bytes
    return Climb(
        series=analysis.key(series),
        size=size,
        stem=ladder.stem,
        letter=ladder.letter,
        rungs=tuple((value, point.row) for value, point in ran),
        time=_take(analysis.ladder_exponent(series, size, ladder)),
        memory=_take(analysis.ladder_memory(series, size, ladder)) if deep else None,
        deep=deep,
    )


def _take(fit: Exponent | None) -> Estimate | None:
    return fit.estimate if fit is not None and not fit.estimate.undetermined else None
