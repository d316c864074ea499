"""Quantiles that the intervals ask for again and again: of the t, the normal and the binomial with a half."""

from functools import cache

from scipy.stats import binom, norm
from scipy.stats import t as student


@cache
def student_arm(confidence: float, freedom: float) -> float:
    """Half the width of the central interval of a t with `freedom` degrees of freedom."""
    return float(student.ppf((1 + confidence) / 2, freedom))


@cache
def normal_arm(confidence: float) -> float:
    """Half the width of the central interval of a standard normal."""
    return float(norm.ppf((1 + confidence) / 2))


@cache
def sign_count(confidence: float, count: int) -> int:
    """The order statistics from each end that bracket the median of `count` values."""
    return int(binom.ppf((1 - confidence) / 2, count, 0.5))
