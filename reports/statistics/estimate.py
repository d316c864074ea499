"""An estimate: a value with its interval, the only form in which a statistic leaves this package."""

import math
from dataclasses import dataclass

# Outside these the fixed notation needs more zeros than digits.
_FIXED_FROM, _FIXED_TO = 1e-3, 1e6


@dataclass(frozen=True)
class Estimate:
    """A value with the interval [low, high] that holds the truth with probability `confidence`.

    Units: those of the value. Bounds of NaN say *undetermined*: too little data for an interval. A bound may be
    infinite. `n` is the number of samples behind it, 0 where that is not known. `basis` says where the width is from,
    where that is a choice: `own processes`, `neighbours`, or `lent` by another machine.

    Raises ValueError unless low <= value <= high or both bounds are NaN.
    """

    value: float
    low: float = math.nan
    high: float = math.nan
    n: int = 0
    confidence: float = 0.95
    basis: str = ""

    def __post_init__(self) -> None:
        if math.isnan(self.low) and math.isnan(self.high):
            return
        if not self.low <= self.value <= self.high:
            raise ValueError(f"an estimate needs low <= value <= high, got {self.low:g}, {self.value:g}, {self.high:g}")

    @property
    def undetermined(self) -> bool:
        """True where there is no interval."""
        return math.isnan(self.low)

    def __str__(self) -> str:
        """`value [low, high]`, rounded to two significant digits of the interval's width."""
        if math.isnan(self.value):
            return "undetermined"
        if self.undetermined:
            return f"{self.value:.3g} [undetermined]"
        digits = _count_digits(self.value, self.high - self.low)
        value, low, high = (_format(number, self.value, digits) for number in (self.value, self.low, self.high))
        return f"{value} [{low}, {high}]"


def _count_digits(value: float, width: float) -> int:
    """Significant digits of `value` that its interval justifies: from 2 to 6."""
    if value == 0 or width == 0 or not math.isfinite(width):
        return 3
    return min(max(math.floor(math.log10(abs(value))) - math.floor(math.log10(width)) + 2, 2), 6)


def _format(number: float, like: float, digits: int) -> str:
    """`number` with the decimals that `like` has at `digits` significant digits, so that the three line up."""
    if not math.isfinite(number):
        return str(number)
    if like != 0 and not _FIXED_FROM <= abs(like) < _FIXED_TO:
        return f"{number:.{digits - 1}e}"
    decimals = digits - 1 - (math.floor(math.log10(abs(like))) if like else 0)
    return f"{round(number, decimals):.{max(decimals, 0)}f}"
