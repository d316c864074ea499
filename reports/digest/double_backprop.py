"""What double backpropagation costs: a step of phi in those of psi."""

from dataclasses import dataclass

from ..analysis import Analysis
from ..statistics import Estimate
from .series import Measured, find_keys

# Each way to differentiate phi, and psi differentiated in the same way: a ratio of one by hand to one by autodiff would
# be that of the ways.
RIVALS = {"phi": "psi", "phi_forward_over_reverse": "psi", "phi_closed_form": "psi_closed_form"}


@dataclass(frozen=True)
class Doubling:
    """time(row) / time(rival) at a size, paired by round, and the ratio of the FLOPs by the formulas."""

    series: str
    size: float
    row: str
    rival: str
    ratio: Estimate
    formula: float


def digest_doublings(analysis: Analysis, name: str, measured: tuple[Measured, ...]) -> tuple[Doubling, ...]:
    """Of every series and size where both ran."""
    keys, found = find_keys(analysis, name), []
    for series in measured:
        for row, rival in RIVALS.items():
            known = series.row(row), series.row(rival)
            for size in series.sizes if known[0] is not None and known[1] is not None else ():
                ratio = analysis.ratio(keys[series.key], size, row, rival)
                cells = [r.at(size) for r in known if r is not None]
                if ratio is not None and cells[0] is not None and cells[1] is not None:
                    found.append(Doubling(series.key, size, row, rival, ratio, cells[0].flops / cells[1].flops))
    return tuple(found)
