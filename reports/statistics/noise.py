"""The A/A noise floor: how far apart two measurements of the very same kernel come out."""

import math
from collections.abc import Sequence

import numpy as np

from ._check import check_times
from ._quantile import student_arm
from .ratio import PROCESS_SPREAD, PROCESS_SPREAD_WEIGHT

# A verdict may be wrong for one A/A pair in twenty.
QUANTILE = 0.95
# From here the empirical 95 % quantile is an inner order statistic: one wild twin does not decide it. Of 20 it is the
# largest.
ENOUGH_TWINS = 21
# Median of |x| to standard deviation, for a normal x around 0: 1 / norm.ppf(0.75).
_MEDIAN_TO_SIGMA = 1.4826


def noise_floor(twins: Sequence[float]) -> float:
    """Relative difference that 95 % of the A/A twins of a run stay below, for example 0.03 for 3 %.

    `twins` are the twins' ratios: for each session and twin the value of `paired_ratio` of a row and its twin. With
    x = |log ratio|:

    21 twins or more: exp(95 % quantile of x) - 1, the order statistic itself.
    fewer:            exp(t(f0 + n) s) - 1 with s^2 = (f0 s0^2 + n (1.48 median x)^2) / (f0 + n): a normal quantile
                      around 0 whose scale leans on PROCESS_SPREAD (s0, worth f0 twins) the less, the more twins
                      there are. One twin that happens to agree does not claim a perfect machine; one wild twin of
                      several does not forbid every verdict.

    Raises ValueError for no twins and for ratios that are not positive and finite.
    """
    apart = np.abs(np.log(check_times("twins", twins)))
    if apart.size >= ENOUGH_TWINS:
        return math.expm1(float(np.quantile(apart, QUANTILE, method="higher")))
    seen = _MEDIAN_TO_SIGMA * float(np.median(apart))
    freedom = PROCESS_SPREAD_WEIGHT + apart.size
    variance = (PROCESS_SPREAD_WEIGHT * PROCESS_SPREAD**2 + apart.size * seen**2) / freedom
    return math.expm1(student_arm(QUANTILE, freedom) * math.sqrt(variance))
