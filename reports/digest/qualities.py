"""How good an answer is that is no gradient, or an estimate of one: noise and bias of probes, errors of an inverse."""

import math
from dataclasses import dataclass

from ..analysis import Analysis
from ..points import Series
from ..statistics import Estimate
from .series import Measured, Row, find_keys

KINDS = ("curl", "curl_difference", "curl_moments", "inverse", "inverse_rk4")


@dataclass(frozen=True)
class Worth:
    """A curl's, an inverse's or an estimate's answer; NaN where it was not recorded.

    error              against the row's own rule in float64
    path_error         of an inverse, against the solution of the ODE
    round_trip         of an inverse, |y(x) - y| / |y|
    mean, spread       of a curl's ratio to the dense one, over the samples; of an estimated log-det term, which times
                       Wᵀ would be the identity, its diagonal's mean and the size of the rest
    """

    series: str
    size: float
    row: str
    computes: str
    seconds: Estimate
    error: float
    path_error: float
    round_trip: float
    mean: float
    spread: float


def digest_qualities(analysis: Analysis, name: str, measured: tuple[Measured, ...]) -> tuple[Worth, ...]:
    """Of every series at the largest size where most of its curls, inverses or estimates ran."""
    keys, found = find_keys(analysis, name), []
    for series in measured:
        rows = [row for row in series.rows if _has_quality(analysis, keys[series.key], row)]
        if not rows:
            continue
        size = max(series.sizes, key=lambda d: (sum(_ran(row.at(d)) for row in rows), d))
        for row in rows:
            point = analysis.point(keys[series.key], size, row.name)
            if point is not None and point.ok:
                q = point.quality
                known = point.seconds, point.error, q.path_error, q.round_trip, q.mean, q.spread
                found.append(Worth(series.key, size, row.name, row.computes, *known))
    return tuple(found)


def _has_quality(analysis: Analysis, series: Series, row: Row) -> bool:
    if row.role != "method" or not row.ran:
        return False
    if row.computes in KINDS:
        return True
    points = analysis.points(series, row.name)
    return not row.exact and any(point.ok and not math.isnan(point.quality.mean) for point in points)


def _ran(cell) -> bool:
    return cell is not None and cell.seconds is not None
