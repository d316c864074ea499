"""What double backpropagation costs: a step of phi in those of psi."""

from dataclasses import dataclass

from ..analysis import Analysis
from ..claims.gn2 import RIVALS, list_ratios
from ..statistics import Estimate


@dataclass(frozen=True)
class Doubling:
    """time(row) / time(rival) at a size, paired by round, and the ratio of the FLOPs by the formulas."""

    series: str
    size: float
    row: str
    rival: str
    ratio: Estimate
    formula: float


def digest_doublings(analysis: Analysis, name: str) -> tuple[Doubling, ...]:
    """Of every network and size where both ran; none for a family that has no phi."""
    places = dict.fromkeys(series.place for series in analysis.series(name)) if name == "score" else ()
    found = [
        Doubling(analysis.key(series), size, row, rival, ratio, formula)
        for place in places
        for row, rival in RIVALS.items()
        for series, size, ratio, formula in list_ratios(analysis, place, row)
    ]
    # By network, so that those of one sweep stand together.
    order = [analysis.key(series) for series in analysis.series(name)]
    return tuple(sorted(found, key=lambda doubling: order.index(doubling.series)))
