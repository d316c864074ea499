"""A family's methods beside other models, libraries and estimates: errors and times at some sizes of one series."""

from ..analysis import Analysis
from ..families import FAMILIES
from .fronts import Front, digest_front

# The smallest size, the largest, and one between: more panels would tell the same.
MOST_SIZES = 3


def digest_rivals(analysis: Analysis, name: str) -> tuple[Front, ...]:
    """Of the series that the family names; sizes at which nothing but the methods themselves ran are left out."""
    fixed, found = dict(FAMILIES[name].rivals), []
    for series in analysis.series(name) if fixed else ():
        if dict(series.fixed) == fixed:
            fronts = [digest_front(analysis, series, size) for size in analysis.sizes(series)]
            fronts = [front for front in fronts if _has_rivals(front)]
            step = (len(fronts) - 1) / (MOST_SIZES - 1)
            found += [fronts[round(j * step)] for j in range(MOST_SIZES)] if len(fronts) > MOST_SIZES else fronts
    return tuple(found)


def _has_rivals(front: Front) -> bool:
    """Whether another model or an estimate is beside exact methods."""
    ours = [trade for trade in front.trades if trade.exact and trade.role == "method" and not trade.other]
    return bool(ours) and any(trade.other or not trade.exact for trade in front.trades)
