"""What double backpropagation costs: a step of phi in those of psi."""

from dataclasses import dataclass

from ..analysis import Analysis
from ..claims._cells import list_doublings, list_places
from ..families import FAMILIES
from ..statistics import Estimate
from .series import AtSize


@dataclass(frozen=True)
class Doubling(AtSize):
    """time(row) / time(rival) at a size, paired by round, and the ratio of the FLOPs by the formulas."""

    rival: str
    ratio: Estimate
    formula: float


def digest_doublings(analysis: Analysis, name: str) -> tuple[Doubling, ...]:
    """Of every network and size where both ran; none for a family of which nothing differentiates twice."""
    found = [
        Doubling(analysis.key(series), size, row, rival, ratio, formula)
        for place in list_places(analysis, name)
        for row, rival in FAMILIES[name].doubles.items()
        for series, size, ratio, formula in list_doublings(analysis, name, place, row)
    ]
    # By network, so that those of one sweep stand together.
    order = [analysis.key(series) for series in analysis.series(name)]
    return tuple(sorted(found, key=lambda doubling: order.index(doubling.series)))
