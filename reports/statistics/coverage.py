"""Coverage: how often intervals held what was kept from them."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from .estimate import Estimate
from .process import fit_spread, reach_process


@dataclass(frozen=True)
class Coverage:
    """Of `total` values left out `inside` fell into their interval; `factor` is the median of high / value."""

    inside: int
    total: int
    factor: float

    @property
    def share(self) -> float:
        """inside / total, NaN where nothing was left out."""
        return self.inside / self.total if self.total else math.nan


def cover_processes(cells: Iterable[Sequence[Any]], confidence: float = 0.95) -> Coverage:
    """Leave-one-process-out coverage of `estimate_process`, over cells of rows of log medians (processes,).

    Each median is left out in turn, and the spread is fitted to the *other* cells: neither the row nor the rows that
    shared its processes have a say in the width. `total` 0 where too few cells have several processes.
    """
    known = [[np.asarray(row, dtype=float) for row in rows if len(row) > 1] for rows in cells]
    held, factors = [], []
    for j, rows in enumerate(known):
        spread = fit_spread(row for k, others in enumerate(known) if k != j for row in others)
        if spread is None:
            continue
        for row in rows:
            for left in range(row.size):
                others = np.delete(row, left)
                arm = reach_process(others, spread, confidence)
                held.append(abs(row[left] - others.mean()) <= arm)
                factors.append(math.exp(arm))
    return Coverage(sum(held), len(held), float(np.median(factors)) if factors else math.nan)


def count_held(pairs: Iterable[tuple[Estimate, float]]) -> Coverage:
    """Coverage over pairs of an estimate and a value that had no say in it; those without an interval do not count."""
    known = [(estimate, value) for estimate, value in pairs if not estimate.undetermined]
    factors = [estimate.high / estimate.value for estimate, _ in known]
    held = sum(estimate.low <= value <= estimate.high for estimate, value in known)
    return Coverage(held, len(known), float(np.median(factors)) if factors else math.nan)


def pool_coverages(coverages: Iterable[Coverage]) -> Coverage:
    """Coverage over several scopes: counts added, factors weighted by them."""
    found = [coverage for coverage in coverages if coverage.total]
    inside, total = sum(c.inside for c in found), sum(c.total for c in found)
    return Coverage(inside, total, sum(c.factor * c.total for c in found) / total if total else math.nan)
