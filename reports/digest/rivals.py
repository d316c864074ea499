"""A family's methods beside other models, libraries and estimates: errors and times at some sizes of one series."""

from dataclasses import replace

from ..analysis import Analysis
from ..families import FAMILIES
from ..points import Series
from .fronts import Front, digest_front, spread_evenly

# The smallest size, the largest, and one between: more panels would tell the same.
MOST_SIZES = 3


def digest_rivals(analysis: Analysis, name: str) -> tuple[Front, ...]:
    """Of the series that the family names; sizes at which nothing but the methods themselves ran are left out."""
    fixed, found = dict(FAMILIES[name].rivals), []
    for series in analysis.series(name) if fixed else ():
        if dict(series.fixed) == fixed:
            fronts = [digest_front(analysis, series, size) for size in analysis.sizes(series)]
            fronts = [front for front in fronts if _has_rivals(front)]
            found += [_compare(analysis, series, front) for front in spread_evenly(fronts, MOST_SIZES)]
    return tuple(found)


def _compare(analysis: Analysis, series: Series, front: Front) -> Front:
    """The same with each row's time in that of the family's recommended method, paired by round."""
    ours = FAMILIES[series.family].headlines[0][1]
    others = (t for t in front.trades if t.row != ours)
    ratios = {t.row: analysis.ratio(series, front.size, t.row, ours) for t in others}
    return replace(front, trades=tuple(replace(t, ratio=ratios.get(t.row)) for t in front.trades))


def _has_rivals(front: Front) -> bool:
    """Whether another model or an estimate is beside exact methods."""
    ours = [trade for trade in front.trades if trade.exact and trade.role == "method" and not trade.other]
    return bool(ours) and any(trade.other or not trade.exact for trade in front.trades)
