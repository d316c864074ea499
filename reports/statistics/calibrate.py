"""Intervals of predictions, from what leaving out sizes showed: no model of why a curve bends between two of them."""

import math
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ._check import check_confidence
from .coverage import Coverage
from .process import high_quantile

# A 95 % quantile of fewer is their largest or lies beyond it.
MINIMUM_MISSES = 20
# An error goes with a power of the gap: 0 where noise makes it, 2 where curvature does.
_POWERS = (0.0, 2.0)
# The logarithm of an error needs an error: less than this is luck.
_SMALLEST = 5e-3
# Gaps that are all alike, within a tenth, tell no power.
_ALIKE = 0.1


@dataclass(frozen=True)
class Miss:
    """A size left out of a curve: log errors of its prediction, one for each process, over a gap in log size."""

    curve: Any
    gap: float
    errors: tuple[float, ...]


@dataclass(frozen=True)
class Calibration:
    """Half width scale * gap^power, in log seconds, for gaps like those that were left out."""

    scale: float
    power: float
    gaps: tuple[float, float]

    def reach(self, gap: float) -> float:
        """Half width in log seconds of a prediction over a gap; NaN beyond the widest gap that was left out.

        A gap below the narrowest is as uncertain as that: nothing was left out there.
        """
        if gap > self.gaps[1] * (1 + 1e-9):
            return math.nan
        return self.scale * max(gap, self.gaps[0]) ** self.power


def calibrate(misses: Iterable[Miss], confidence: float = 0.95, known_within: float = math.inf) -> Calibration | None:
    """Calibration of log errors by their gaps; None with fewer than twenty left-out sizes.

    Over gaps at which an interval would reach further than the factor `known_within` to a side none is printed, and
    what was missed there has no say in the others: calibrated once more without.

    The power is the slope of log |error| over log gap, between 0 and 2; the scale is the conformal quantile of
    |error| / gap^power.

    Raises ValueError for a confidence outside (0, 1).
    Source: split conformal quantile with a scaled score, Lei et al. (2018), J. Am. Stat. Assoc. 113, 1094.
    """
    confidence, known = check_confidence(confidence), list(misses)
    found = _calibrate(known, confidence)
    if found is None or not any(wide := [found.reach(miss.gap) > math.log(known_within) for miss in known]):
        return found
    return _calibrate([miss for miss, beyond in zip(known, wide, strict=True) if not beyond], confidence)


def _calibrate(known: Sequence[Miss], confidence: float) -> Calibration | None:
    if len(known) < MINIMUM_MISSES:
        return None
    gaps = np.array([miss.gap for miss in known for _ in miss.errors])
    errors = np.abs([error for miss in known for error in miss.errors])
    power = 0.0
    if np.ptp(np.log(gaps)) > _ALIKE:
        slope = np.polyfit(np.log(gaps), np.log(np.maximum(errors, _SMALLEST)), 1)[0]
        power = float(np.clip(slope, *_POWERS))
    scale = high_quantile(np.sort(errors / gaps**power), confidence)
    return Calibration(scale, power, (float(gaps.min()), float(gaps.max())))


def cover_sizes(
    misses: Iterable[Miss],
    known_within: float = math.inf,
    confidence: float = 0.95,
    counted: Collection[Any] | None = None,
) -> Coverage:
    """Leave-one-size-out coverage: how often the interval of a left-out size held what its processes measured.

    Nested: each curve's intervals are calibrated by the other curves. Predictions without an interval, or with one
    that reaches further than the factor `known_within` to a side, are not counted: none is printed. Of the curves only
    those `counted` are, where that is given.
    """
    known = list(misses)
    held, factors = [], []
    for curve in dict.fromkeys(miss.curve for miss in known if counted is None or miss.curve in counted):
        calibration = calibrate((miss for miss in known if miss.curve != curve), confidence, known_within)
        if calibration is None:
            continue
        for miss in (miss for miss in known if miss.curve == curve):
            arm = calibration.reach(miss.gap)
            if arm <= math.log(known_within):
                held += [bool(abs(error) <= arm) for error in miss.errors]
                factors += [math.exp(arm)] * len(miss.errors)
    return Coverage(sum(held), len(held), float(np.median(factors)) if factors else math.nan)
