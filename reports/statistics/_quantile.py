"""Quantiles that the intervals ask for again and again: of the t and of the normal."""

from functools import cache

from scipy.stats import norm
from scipy.stats import t as student


@cache
def student_arm(confidence: float, freedom: float) -> float:
    """Half the width of the central interval of a t with `freedom` degrees of freedom."""
    return float(student.ppf((1 + confidence) / 2, freedom))


@cache
def normal_arm(confidence: float) -> float:
    """Half the width of the central interval of a standard normal."""
    return float(norm.ppf((1 + confidence) / 2))
