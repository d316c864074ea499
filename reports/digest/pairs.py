"""Rows that a family tells beside one another."""

from dataclasses import dataclass

from ..analysis import Analysis
from ..families import FAMILIES
from ..statistics import Estimate
from .series import AtSize, Measured, find_keys


@dataclass(frozen=True)
class Pair(AtSize):
    """A row beside its `base`, the first of a line of a contest. `ratio` is its time in that one's."""

    base: str
    ratio: Estimate


def digest_pairs(analysis: Analysis, name: str, measured: tuple[Measured, ...]) -> tuple[Pair, ...]:
    """Of every series and size where both were timed side by side."""
    keys = find_keys(analysis, name)
    lines = [line for contest in FAMILIES[name].contests for line in contest.lines]
    return tuple(
        Pair(series.key, size, row, base, ratio)
        for base, *others in lines
        for row in others
        for series in measured
        for size in series.sizes
        if (ratio := analysis.ratio(keys[series.key], size, row, base)) is not None
    )
