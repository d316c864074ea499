"""One rule for every claim: where a sentence holds and where it fails, and one error rate over all its parts.

A part is `reproduced` where the whole interval of its effect lies where the sentence holds, `contradicted` where all of
it lies where the sentence fails, else `undetermined`. Between the two is what cannot be told apart: the noise margin.

The error rate is 5 % a claim for either verdict, whatever its number of parts. A claim is contradicted by one
contradicted part: of k counting parts each may do so by an interval at 1 - 0.05 / k only (Bonferroni). It is reproduced
by all of its parts together: each is judged by an interval at 95 %, and needs no more, since a claim that does not hold
is reproduced only if the very part that does not hold is (an intersection-union test: Berger 1982, Technometrics 24,
295). What is exact (a count, a network's slope) has an interval without width.
"""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from ..statistics import Estimate
from ..statistics.median import bracket_median

VERDICTS = ("reproduced", "contradicted", "undetermined", "not run")
ERROR_RATE = 0.05
CONFIDENCE = 1 - ERROR_RATE
# What a part takes of several cells.
PICKS = ("least", "most", "typical")

# A quantity at a confidence: what needs another interval at 99 % than at 95 % computes it.
Effect = Callable[[float], Estimate]


@dataclass(frozen=True)
class Limits:
    """A sentence holds where its effect is in [low, high], and fails where it is below or above the other two."""

    low: float = -math.inf
    high: float = math.inf
    fails_below: float = -math.inf
    fails_above: float = math.inf

    def judge(self, alone: Estimate, shared: Estimate | None = None) -> str:
        """`reproduced` by the interval at 95 %, `contradicted` by that with a `shared` error rate (without one, by the
        same), `undetermined` where neither settles it or there is no interval.
        """
        shared = alone if shared is None else shared
        if self.low <= alone.low and alone.high <= self.high:
            return "reproduced"
        outside = shared.high < self.fails_below or shared.low > self.fails_above
        return "contradicted" if outside else "undetermined"

    def __str__(self) -> str:
        """`above 1.05, fails below 0.952`; where it fails is said unless that is everywhere else."""
        words = f"above {_write(self.low)}" if math.isinf(self.high) else f"at most {_write(self.high)}"
        if math.isfinite(self.low) and math.isfinite(self.high):
            words = f"{_write(self.low)} to {_write(self.high)}"
        if (self.fails_below, self.fails_above) == (self.low, self.high):
            return words
        fails = [f"below {_write(self.fails_below)}"] * math.isfinite(self.fails_below)
        fails += [f"above {_write(self.fails_above)}"] * math.isfinite(self.fails_above)
        return f"{words}, fails {' and '.join(fails)}"


def above(limit: float) -> Limits:
    """More than a value, and fails at it and below."""
    least = math.nextafter(limit, math.inf)
    return Limits(low=least, fails_below=least)


def at_most(limit: float) -> Limits:
    """Up to a value, and fails above."""
    return Limits(high=limit, fails_above=limit)


def longer(margin: float) -> Limits:
    """A ratio of times beyond the noise margin; within it neither is the faster."""
    return Limits(low=1 + margin, fails_below=1 / (1 + margin))


def share_error(parts: int) -> float:
    """The confidence at which each of a claim's parts may contradict it. Raises ValueError for less than one."""
    if parts < 1:
        raise ValueError(f"parts must be at least 1, got {parts}")
    return 1 - ERROR_RATE / parts


def find_effect(effects: Sequence[Effect], confidence: float, pick: str = "least") -> Estimate:
    """The `least`, the `most` or the `typical` of several cells' effects, at a confidence c.

    least    of the cells' lower bounds the least, each at c: it lies above the truth only if that of the truly least
             cell does. The upper bound is the least of the upper bounds, with an error rate shared by all cells, since
             any of these may be too low; or the most of them, if that is less. Either has half of the rate.
    most     the same from the other side.
    typical  the median of the cells' values with the interval that inverts the sign test over the cells, as if these
             were drawn from all that could have been measured: it presumes nothing of the cells' own errors. Where they
             are too few for it, the least of their lower bounds to the most of their upper ones.

    A cell without an interval may be anything. Raises ValueError for no effects and for another pick.
    """
    if not effects:
        raise ValueError("effects must hold at least one, got none")
    if pick not in PICKS:
        raise ValueError(f"pick must be one of {', '.join(PICKS)}, got {pick!r}")
    cells = [effect(confidence) for effect in effects]
    count, known = sum(cell.n for cell in cells), [cell.value for cell in cells if not math.isnan(cell.value)]
    if not known:
        return Estimate(math.nan, math.nan, math.nan, count, confidence)
    if len(effects) == 1:
        return cells[0]
    low, high = min(_lows(cells)), max(_highs(cells))
    if pick == "typical":
        found = bracket_median(np.array(known), confidence)
        return _make(found.value, *((low, high) if found.undetermined else (found.low, found.high)), count, confidence)
    half = (1 - confidence) / 2
    apart, together = ([effect(1 - error) for effect in effects] for error in (half, half / len(effects)))
    if pick == "least":
        return _make(min(known), low, min(max(_highs(apart)), *_highs(together)), count, confidence)
    return _make(max(known), max(min(_lows(apart)), *_lows(together)), high, count, confidence)


def _lows(cells: Iterable[Estimate]) -> list[float]:
    return [-math.inf if cell.undetermined else cell.low for cell in cells]


def _highs(cells: Iterable[Estimate]) -> list[float]:
    return [math.inf if cell.undetermined else cell.high for cell in cells]


def _make(value: float, low: float, high: float, count: int, confidence: float) -> Estimate:
    """Without an interval where neither bound is known."""
    if math.isinf(low) and math.isinf(high):
        low = high = math.nan
    return Estimate(value, low, high, count, confidence)


def sum_up(parts: Iterable[tuple[str, bool]], assumed: bool = True) -> str:
    """The verdict of a claim from the verdict of each counting part and whether it is needed.

    Contradicted by one, reproduced only by all, and with every part that is needed; what is only said under an
    assumption is undetermined unless that was measured and met (`assumed`).
    """
    parts = list(parts)
    ran = {verdict for verdict, _ in parts} - {"not run"}
    if not ran:
        return "not run"
    missing = any(needed and verdict == "not run" for verdict, needed in parts)
    if not assumed:
        return "undetermined"
    if "contradicted" in ran:
        return "contradicted"
    return "reproduced" if ran == {"reproduced"} and not missing else "undetermined"


def _write(limit: float) -> str:
    """Three digits; the least number above 0 is 0 to a reader."""
    return "0" if abs(limit) < 1e-300 else f"{limit:.3g}"
