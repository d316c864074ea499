"""The answer in every measured cell: the method whose worst-case regret is least."""

from dataclasses import dataclass

from ..statistics import Estimate


@dataclass(frozen=True)
class Candidate:
    """A row that may be the answer in a cell. `ratio` is its time in those of the fastest, paired by round.

    `regret` is the upper bound of what choosing it loses to whatever is fastest, as a share (0.03: at most 3 %),
    simultaneous over the candidates at 95 %; NaN where it was not timed in the same rounds as the others.
    """

    row: str
    ratio: Estimate | None
    regret: float
    seconds: Estimate
    error: float
    peak_bytes: float


@dataclass(frozen=True)
class CellAnswer:
    """What to use in one measured cell, or why nothing can be said.

    series      key of the series (`Measured.key`)
    question    key of the family's question
    pick        the candidate of least regret, None where nothing ran
    regret      its regret; above OPEN the cell is undetermined
    open        whether the regret is above OPEN
    minutes     of measuring that would settle it, NaN where it is settled or cannot be told
    candidates  all of them, least regret first
    excluded    (row, reason) of rows that answer the question but did not run or are not accurate enough
    """

    series: str
    question: str
    size: float
    pick: Candidate | None
    regret: float
    open: bool
    minutes: float
    candidates: tuple[Candidate, ...]
    excluded: tuple[tuple[str, str], ...]
