"""How good an answer is beyond its error: noise and bias of probes, errors of an inverse, a worst sample's."""

import math
from dataclasses import dataclass

from ..analysis import Analysis
from ..families import FAMILIES
from ..points import Series
from ..statistics import Estimate
from .series import AtSize, Measured, Row, find_keys


@dataclass(frozen=True)
class Worth(AtSize):
    """A curl's, an inverse's, an estimate's or an integral's answer; NaN where it was not recorded.

    error              against the row's own rule in float64, of a root and an integral the true one
    path_error         of an inverse, against the solution of the ODE
    round_trip         of an inverse, |y(x) - y| / |y|
    mean, spread       of a curl's ratio to the dense one, over the samples; of an estimated log-det term, which times
                       Wᵀ would be the identity, its diagonal's mean and the size of the rest
    sample_error       of an integral, the largest |y - y*| / (sqrt(d) + |y*|) of a sample where one is harder
    hard_error         the same of that one
    estimate           of an integral, the same by the rule's own estimate
    bias, noise        of an estimated log|det W|, in nats a dimension: how far the mean over its probes is off, and
                       that mean's standard error
    """

    computes: str
    seconds: Estimate
    error: float
    path_error: float
    round_trip: float
    mean: float
    spread: float
    sample_error: float = math.nan
    hard_error: float = math.nan
    estimate: float = math.nan
    bias: float = math.nan
    noise: float = math.nan


def digest_qualities(analysis: Analysis, name: str, measured: tuple[Measured, ...]) -> tuple[Worth, ...]:
    """Of every series at the largest size where most of its curls, inverses or estimates ran."""
    keys, found = find_keys(analysis, name), []
    for series in measured:
        rows = [row for row in series.rows if _has_quality(analysis, keys[series.key], row)]
        if not rows:
            continue
        size = max(series.sizes, key=lambda d: (sum(any(cell.size == d for cell in row.ran) for row in rows), d))
        for row in rows:
            point = analysis.point(keys[series.key], size, row.name)
            if point is not None and point.ok:
                q = point.quality
                known = point.seconds, point.error, q.path_error, q.round_trip, q.mean, q.spread
                told = q.sample_error, q.hard_error, q.estimate, q.bias, q.noise
                found.append(Worth(series.key, size, row.name, row.computes, *known, *told))
    return tuple(found)


def _has_quality(analysis: Analysis, series: Series, row: Row) -> bool:
    if row.role not in ("method", "peer") or not row.ran:
        return False
    told, points = FAMILIES[series.family].qualities, analysis.points(series, row.name)
    if row.computes in told.kinds:
        return row.role == "method"
    # Something is to be said only where samples differ, or a rule estimates its error.
    if row.computes in told.samples:
        said = (v for p in points for v in (p.quality.sample_error, p.quality.estimate))
        return row.role == "method" and not all(map(math.isnan, said))
    found = [point.quality for point in points if point.ok]
    return not row.exact and any(not math.isnan(value) for q in found for value in (q.mean, q.bias))
