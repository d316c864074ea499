"""Where the spread between processes is from, in a run that has one process a cell."""

from dataclasses import dataclass

from ..analysis import Analysis
from ..points import Series


@dataclass(frozen=True)
class LentFrom:
    """A machine whose published results lend their spread: `cells` with several `processes`, under one `ruler`."""

    machine: str
    processor: str
    ruler: int
    cells: int
    processes: int


def find_lent(analysis: Analysis, series: Series) -> LentFrom | None:
    """The machine that lends the spread of a series' ratios; None where it is the run's own, or not known."""
    lender = analysis.lender(series)
    if lender is None:
        return None
    return LentFrom(lender.machine, lender.processor, lender.ruler, lender.cells, lender.processes)
