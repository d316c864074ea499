"""Which order of the products is the fastest in each cell that a family's further sweeps have."""

from dataclasses import dataclass

from ..analysis import Analysis
from ..families import FAMILIES
from ..statistics import Estimate
from .answers import list_timed
from .series import AtSize


@dataclass(frozen=True)
class Order(AtSize):
    """The fastest of a family's `orders` in one cell. `ratio` is its time in that of the `second`, paired by round."""

    second: str
    ratio: Estimate
    verdict: str


def digest_orders(analysis: Analysis, name: str) -> tuple[Order, ...]:
    """Of every series beside the main sweep, at sizes where several orders were timed in the same rounds."""
    family, found = FAMILIES[name], []
    for series in list_timed(analysis, name) if family.orders else ():
        for size in () if family.main.items() <= dict(series.fixed).items() else analysis.sizes(series):
            known = {row: analysis.ratio(series, size, row, family.yardstick) for row in family.orders}
            ranked = sorted((ratio.value, row) for row, ratio in known.items() if ratio is not None)
            if len(ranked) < 2:
                continue
            (_, row), (_, second) = ranked[:2]
            if (ratio := analysis.ratio(series, size, row, second)) is not None:
                verdict = analysis.verdict(series, size, row, second)
                found.append(Order(analysis.key(series), size, row, second, ratio, verdict))
    return tuple(found)
