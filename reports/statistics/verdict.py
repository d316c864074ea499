"""The verdict on a ratio: which method is faster, or why nobody can say."""

import math
from dataclasses import dataclass

from ._check import check_number
from .estimate import Estimate
from .ratio import rounds_needed

VERDICTS = ("faster", "slower", "same", "undetermined", "not-run")

# Smaller differences change nobody's choice of method, and one process's own bias can be as large.
SMALLEST_MARGIN = 0.05


@dataclass(frozen=True)
class Verdict:
    """One of VERDICTS on time(a) / time(b), with the margin it was judged by.

    `rounds` is set for `undetermined` only: rounds in total that would settle it, None where no affordable number
    would.
    """

    word: str
    ratio: Estimate | None
    margin: float
    rounds: int | None = None
    reason: str = ""

    def __str__(self) -> str:
        return f"{self.word}: {self.reason}" if self.reason else self.word


def choose_margin(floor: float | None = None) -> float:
    """Relative margin of a run: max(5 %, its A/A noise floor), 5 % where the run has no twins (None).

    Raises ValueError for a floor that is negative or not finite.
    """
    return SMALLEST_MARGIN if floor is None else max(SMALLEST_MARGIN, check_number("floor", floor, 0.0))


def judge(ratio: Estimate | None, margin: float = SMALLEST_MARGIN, reason: str = "") -> Verdict:
    """Verdict on ratio = time(a) / time(b), read for a; None is `not-run`, with the `reason` the session gave.

    faster: high < 1 / (1 + margin).  slower: low > 1 + margin.  same: 1 / (1 + margin) < low and high < 1 + margin.
    Else undetermined. The bounds are reciprocal, so that exchanging a and b exchanges faster and slower.

    Raises ValueError for a margin that is not positive and finite or a ratio that is not positive.
    """
    margin = check_number("margin", margin, 0.0)
    if margin == 0:
        raise ValueError("margin must be positive, got 0: no two measurements are equal to the last digit")
    if ratio is None:
        return Verdict("not-run", None, margin, reason=reason)
    if not ratio.value > 0 or ratio.low <= 0:
        raise ValueError(f"a ratio of times must be positive, got {ratio}")
    edge = math.log1p(margin)
    if ratio.undetermined:
        return Verdict("undetermined", ratio, margin, rounds_needed(ratio, edge), reason or f"only {ratio.n} rounds")
    low, high = math.log(ratio.low), math.log(ratio.high)
    if high < -edge:
        return Verdict("faster", ratio, margin)
    if low > edge:
        return Verdict("slower", ratio, margin)
    if -edge < low and high < edge:
        return Verdict("same", ratio, margin)
    return _leave_open(ratio, margin, edge)


def _leave_open(ratio: Estimate, margin: float, edge: float) -> Verdict:
    # Settled once the interval ends before the nearer edge of the margin, on whichever side of it the value lies.
    rounds = rounds_needed(ratio, abs(abs(math.log(ratio.value)) - edge))
    need = (
        f"about {rounds} rounds would settle it" if rounds else "too close to the margin for more rounds to settle it"
    )
    return Verdict("undetermined", ratio, margin, rounds, f"{ratio} reaches across the margin of {margin:.1%}; {need}")
