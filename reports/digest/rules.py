"""The shortest rule of a series: which method over which sizes, and what following it may lose."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Range:
    """Use `row` from size `first` to size `last` (both measured)."""

    first: float
    last: float
    row: str


@dataclass(frozen=True)
class Rule:
    """The shortest list of ranges whose worst regret is at most WITHIN, else the one of least worst regret.

    series, question  what it answers
    worst             largest regret over the cells it covers
    at                the size where that is
    covers            sizes covered; `missing` are measured sizes where no candidate ran or regret is not known
    within            whether `worst` is at most WITHIN
    """

    series: str
    question: str
    ranges: tuple[Range, ...]
    worst: float
    at: float
    covers: tuple[float, ...]
    missing: tuple[float, ...]
    within: bool
