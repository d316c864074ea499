"""Methods whose names end in a number: how time and memory grow with it."""

from collections.abc import Iterable
from dataclasses import dataclass

from ..analysis import Analysis
from ..analysis.ladders import LADDER_RUNGS
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
    """Of the longest series of each place that has any; the ladders of a letter at one size."""
    keys, chosen = find_keys(analysis, name), {}
    for series in measured:
        found = list(_find_ladders(analysis, keys[series.key]))
        rungs = sum(len(analysis.climb(keys[series.key], size, ladder)) for ladder, size in found)
        known = chosen.get(series.place)
        if found and (known is None or (len(series.sizes), rungs) > known[0]):
            chosen[series.place] = (len(series.sizes), rungs), keys[series.key], found
    return tuple(_climb(analysis, key, size, ladder) for _, key, found in chosen.values() for ladder, size in found)


def _find_ladders(analysis: Analysis, series: Series) -> Iterable[tuple[Ladder, float]]:
    """Ladders of one letter are told at one size, or their lines would be of two: the largest where each has its rungs,
    else that of the most rungs.
    """
    ladders = [ladder for ladder in analysis.ladders(series) if ladder.rungs[0][0] >= LEAST]
    for letter in dict.fromkeys(ladder.letter for ladder in ladders):
        group = [ladder for ladder in ladders if ladder.letter == letter]
        ran = {d: [len(analysis.climb(series, d, ladder)) for ladder in group] for d in analysis.sizes(series)}
        wanted = [min(ENOUGH, len(ladder.rungs)) for ladder in group]
        full = [d for d, counts in ran.items() if all(n >= w for n, w in zip(counts, wanted, strict=True))]
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
