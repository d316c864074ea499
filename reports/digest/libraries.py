"""Libraries that users would pick instead, beside the fastest of ours that answers alike."""

import math
from dataclasses import dataclass

from ..analysis import Analysis
from ..points import Quality, Series
from ..statistics import Estimate
from .series import Measured, Row, choose_sweeps, find_keys

# A residual below this part of the tolerance is worth a word.
FAR = 1 / 3


@dataclass(frozen=True)
class Beside:
    """A library at the largest size where it ran beside ours. `ratio` is its time in ours, `verdict` the library's.

    `residual` and `ours_residual` are what both reached, NaN where they stop at none; `looser_residual` is what the
    library reaches with the nearest looser setting that misses the tolerance, NaN where none is known.
    """

    series: str
    size: float
    library: str
    ours: str
    seconds: Estimate
    error: float
    ours_error: float
    ratio: Estimate
    verdict: str
    residual: float = math.nan
    ours_residual: float = math.nan
    looser_residual: float = math.nan


@dataclass(frozen=True)
class Further:
    """Of the libraries' `timed` points that stop at a residual, how many are `further` below their tolerance than FAR,
    and of how many of these the next looser setting that was tried misses it (`steps`).
    """

    timed: int
    further: int
    steps: int


def count_further(analysis: Analysis, name: str) -> Further | None:
    """Over all series of the family; None where no library stops at a residual."""
    known = [
        (point.quality, dict(series.fixed)["tol"])
        for series in analysis.series(name)
        if "tol" in dict(series.fixed)
        for row in analysis.rows(series)
        for point in analysis.points(series, row)
        if point.role == "peer" and point.ok and not math.isnan(point.quality.residual)
    ]
    further = [(quality, tol) for quality, tol in known if quality.residual < FAR * tol]
    steps = sum(quality.looser_residual > tol for quality, tol in further)
    return Further(len(known), len(further), steps) if known else None


def digest_libraries(analysis: Analysis, name: str, measured: tuple[Measured, ...]) -> tuple[Beside, ...]:
    """Of every sweep and library; of other series those libraries that ran in no sweep of their place."""
    keys, sweeps = find_keys(analysis, name), choose_sweeps(measured)
    told = {(series.place, peer.name) for series, peer in _list_peers(sweeps)}
    apart = [(series, peer) for series, peer in _list_peers(measured) if (series.place, peer.name) not in told]
    return tuple(
        beside
        for series, peer in (*_list_peers(sweeps), *apart)
        if (beside := _compare(analysis, series, keys[series.key], peer)) is not None
    )


def _list_peers(measured: tuple[Measured, ...]) -> list[tuple[Measured, Row]]:
    return [(series, row) for series in measured for row in series.rows if row.role == "peer" and row.ran]


def _compare(analysis: Analysis, measured: Measured, series: Series, peer: Row) -> Beside | None:
    rivals = [r for r in measured.rows if r.role == "method" and (r.exact, r.computes) == (peer.exact, peer.computes)]
    for cell in reversed(peer.ran):
        known = [(own.seconds.value, r) for r in rivals if (own := r.at(cell.size)) is not None and own.seconds]
        for _, ours in sorted(known, key=lambda pair: (pair[0], pair[1].name))[:1]:
            ratio, own = analysis.ratio(series, cell.size, peer.name, ours.name), ours.at(cell.size)
            if ratio is None or own is None or cell.seconds is None:
                continue
            word = analysis.verdict(series, cell.size, peer.name, ours.name)
            names = measured.key, cell.size, peer.name, ours.name
            points = (analysis.point(series, cell.size, name) for name in (peer.name, ours.name))
            reached, best = (Quality() if point is None else point.quality for point in points)
            residuals = reached.residual, best.residual, reached.looser_residual
            return Beside(*names, cell.seconds, cell.error, own.error, ratio, word, *residuals)
    return None
