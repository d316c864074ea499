"""Libraries that users would pick instead, beside the fastest of ours that answers alike."""

from dataclasses import dataclass

from ..analysis import Analysis
from ..points import Series
from ..statistics import Estimate
from .series import Measured, Row, choose_sweeps, find_keys


@dataclass(frozen=True)
class Beside:
    """A library at the largest size where it ran beside ours. `ratio` is its time in ours, `verdict` the library's."""

    series: str
    size: float
    library: str
    ours: str
    seconds: Estimate
    error: float
    ours_error: float
    ratio: Estimate
    verdict: str


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
            word = analysis.verdict(series, cell.size, peer.name, ours.name).word
            names = measured.key, cell.size, peer.name, ours.name
            return Beside(*names, cell.seconds, cell.error, own.error, ratio, word)
    return None
