"""The verdict on a ratio: which method is faster, or that nobody can say."""

import math

from ._check import check_number
from .estimate import Estimate

# Smaller differences change nobody's choice of method, and one process's own bias can be as large.
SMALLEST_MARGIN = 0.05


def choose_margin(floor: float | None = None) -> float:
    """Relative margin of a run: max(5 %, its A/A noise floor), 5 % where the run has no twins (None).

    Raises ValueError for a floor that is negative or not finite.
    """
    return SMALLEST_MARGIN if floor is None else max(SMALLEST_MARGIN, check_number("floor", floor, 0.0))


def judge(ratio: Estimate | None, margin: float = SMALLEST_MARGIN) -> str:
    """Verdict on ratio = time(a) / time(b), read for a; None is `not-run`.

    faster: high < 1 / (1 + margin).  slower: low > 1 + margin.  same: 1 / (1 + margin) < low and high < 1 + margin.
    Else undetermined. The bounds are reciprocal, so that exchanging a and b exchanges faster and slower.

    Raises ValueError for a margin that is not positive and finite or a ratio that is not positive.
    """
    margin = check_number("margin", margin, 0.0)
    if margin == 0:
        raise ValueError("margin must be positive, got 0: no two measurements are equal to the last digit")
    if ratio is None:
        return "not-run"
    if not ratio.value > 0 or ratio.low <= 0:
        raise ValueError(f"a ratio of times must be positive, got {ratio}")
    if ratio.undetermined:
        return "undetermined"
    edge, low, high = math.log1p(margin), math.log(ratio.low), math.log(ratio.high)
    if high < -edge:
        return "faster"
    if low > edge:
        return "slower"
    if -edge < low and high < edge:
        return "same"
    return "undetermined"
