"""The median of a sample, with a distribution-free interval."""

from functools import cache

import numpy as np
from scipy.stats import binom

from ._check import check_confidence, check_times
from .estimate import Estimate

# At 95 % two order statistics bracket the median from six samples on: 2 / 2**6 = 3 %, but 2 / 2**5 = 6 %.
# Kept for lower confidences too: an interval from three samples would be honest and useless.
MINIMUM_SAMPLES = 6


def estimate_median(samples, confidence: float = 0.95) -> Estimate:
    """Median of positive samples, with the interval that inverts the sign test.

    The interval is [x_(k), x_(n+1-k)] with the largest k for which 2 P(Binomial(n, 1/2) < k) <= 1 - confidence. It
    assumes no distribution, only independent samples. Fewer than six samples give NaN bounds (undetermined).

    Units: those of the samples. Raises ValueError for empty, non-finite, zero or negative samples.
    Source: Thompson (1936), Annals of Mathematical Statistics 7, 122; the same interval as `scipy.stats.quantile_test`.
    """
    return bracket_median(check_times("samples", samples), check_confidence(confidence))


def middle(values: np.ndarray) -> float:
    """`np.median` of a few finite numbers, to the last bit, without what its axes and its NaN cost."""
    ordered, half = np.sort(values), values.size // 2
    return float(ordered[half]) if values.size % 2 else (float(ordered[half - 1]) + float(ordered[half])) / 2


def bracket_median(values: np.ndarray, confidence: float) -> Estimate:
    """`estimate_median` for numbers of any sign that were checked before (logarithms of ratios)."""
    ordered = np.sort(values)
    value = middle(ordered)
    k = _count_tail(ordered.size, confidence)
    if ordered.size < MINIMUM_SAMPLES or k < 1:
        return Estimate(value, float("nan"), float("nan"), ordered.size, confidence)
    return Estimate(value, float(ordered[k - 1]), float(ordered[-k]), ordered.size, confidence)


@cache
def _count_tail(size: int, confidence: float) -> int:
    """The largest k with 2 P(Binomial(size, 1/2) < k) <= 1 - confidence, kept: there are few."""
    return int(binom.ppf((1 - confidence) / 2, size, 0.5))


def bound_median(lows, highs, confidence: float = 0.95) -> Estimate:
    """Median of numbers of which each is only known to lie from its `low` to its `high`, which may be infinite.

    The interval has the lower bound that `bracket_median` has of the lows and the upper one of the highs: whatever the
    numbers are, theirs lies within it. The value is the median where it is known, as it is while fewer than half of the
    numbers may lie on its other side; else the interval's lower bound, or the most that the median may be where the
    interval has an end above.

    Units: those of the numbers.
    """
    low, high = (bracket_median(np.asarray(ends, dtype=float), confidence) for ends in (lows, highs))
    value = high.value if low.value == high.value or np.isfinite(high.high) else low.low
    return Estimate(value, low.low, high.high, low.n, confidence)
