"""One rule for every claim: where a sentence holds and where it fails, and one error rate over all its parts.

A part is `reproduced` where the whole interval of its effect lies where the sentence holds, `contradicted` where all of
it lies where the sentence fails, else `undetermined`. Between the two is what cannot be told apart: the noise margin.

The error rate is 5 % a claim, whatever its number of parts (Bonferroni): a claim with k counting parts judges each by
an interval at the confidence 1 - 0.05 / k, and a part that is the least or the most of m cells takes each cell's at
1 - 0.05 / (k m), so that all intervals of a claim hold their truths at once in 95 % of runs. A claim is contradicted by
one contradicted part: falsely in at most 5 %. It is reproduced only by all of its parts, which is falsely so even more
rarely. What is exact (a count, a network's slope) has an interval without width.
"""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from ..statistics import Estimate

VERDICTS = ("reproduced", "contradicted", "undetermined", "not run")
ERROR_RATE = 0.05

# A quantity at a confidence: what needs another interval at 99 % than at 95 % computes it.
Effect = Callable[[float], Estimate]


@dataclass(frozen=True)
class Limits:
    """A sentence holds where its effect is in [low, high], and fails where it is below or above the other two."""

    low: float = -math.inf
    high: float = math.inf
    fails_below: float = -math.inf
    fails_above: float = math.inf

    def judge(self, effect: Estimate) -> str:
        """`reproduced`, `contradicted` or `undetermined`; the last where there is no interval."""
        if effect.undetermined:
            return "undetermined"
        if self.low <= effect.low and effect.high <= self.high:
            return "reproduced"
        outside = effect.high < self.fails_below or effect.low > self.fails_above
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


def within(low: float, high: float) -> Limits:
    """Between two values, and fails elsewhere."""
    return Limits(low, high, low, high)


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
    """The confidence of each of a claim's parts. Raises ValueError for less than one."""
    if parts < 1:
        raise ValueError(f"parts must be at least 1, got {parts}")
    return 1 - ERROR_RATE / parts


def find_effect(effects: Sequence[Effect], confidence: float, pick: str = "least") -> Estimate:
    """The `least`, the `most` or the `median` of several cells' effects, at a confidence.

    Each of these rises with every cell: taken of simultaneous lower and upper bounds it is a bound itself. A cell
    without an interval may be anything. Raises ValueError for no effects and KeyError for another pick.
    """
    if not effects:
        raise ValueError("effects must hold at least one, got none")
    choose = {"least": min, "most": max, "median": _median}[pick]
    cells = [effect(1 - (1 - confidence) / len(effects)) for effect in effects]
    known = [cell.value for cell in cells if not math.isnan(cell.value)]
    value = choose(known) if known else math.nan
    low = choose([-math.inf if cell.undetermined else cell.low for cell in cells])
    high = choose([math.inf if cell.undetermined else cell.high for cell in cells])
    if math.isnan(value) or (math.isinf(low) and math.isinf(high)):
        low = high = math.nan
    return Estimate(value, low, high, sum(cell.n for cell in cells), confidence)


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


def _median(values: Sequence[float]) -> float:
    ordered, half = sorted(values), len(values) // 2
    # Of two infinite bounds the mean of one finite and one infinite is infinite, as it must be.
    return ordered[half] if len(ordered) % 2 else (ordered[half - 1] + ordered[half]) / 2


def _write(limit: float) -> str:
    """Three digits; the least number above 0 is 0 to a reader."""
    return "0" if abs(limit) < 1e-300 else f"{limit:.3g}"
