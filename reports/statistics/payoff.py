"""After how many calls a set-up has paid for itself."""

import math
from collections.abc import Sequence

import numpy as np

from ._check import check_times
from ._quantile import student_arm
from .estimate import Estimate
from .process import CONFIDENCE


def estimate_payoff(setups: Sequence[float], seconds: Estimate, ratio: Estimate) -> Estimate:
    """Calls after which what is faster has paid for its set-up: N = M / (t (r - 1)).

    M is the geometric mean of `setups`, the seconds that each process spent more than the slower one's set-up; t the
    `seconds` of a faster call and r > 1 the paired `ratio`, time(slower) / time(faster). log M of another process lies
    in m +- t(P - 1) s sqrt(1 + 1 / P). The three intervals join in logs: for log N = log M - log t - log(r - 1),
    high = log N + sqrt(sum of the squared distances of the bounds that raise N), low likewise. Bounds are NaN where
    there is one set-up, or no interval of t or r; `high` is infinite where r may be 1. `n` counts the set-ups.

    Raises ValueError for set-ups that are empty, not positive or not finite, and for a ratio of at most 1.
    Source: Zou and Donner (2008), Statistics in Medicine 27, 1693 (variance estimates recovered from bounds).
    """
    logs = np.log(check_times("setups", setups))
    if not ratio.value > 1:
        raise ValueError(f"ratio must be above 1, got {ratio.value:g}: a slower call never pays")
    value = math.exp(float(logs.mean())) / (seconds.value * (ratio.value - 1))
    if logs.size < 2 or seconds.undetermined or ratio.undetermined:
        return Estimate(value, math.nan, math.nan, logs.size)
    arm = float(student_arm(CONFIDENCE, logs.size - 1) * logs.std(ddof=1) * math.sqrt(1 + 1 / logs.size))
    less = math.hypot(arm, math.log(seconds.high / seconds.value), math.log((ratio.high - 1) / (ratio.value - 1)))
    more = math.inf
    if ratio.low > 1:
        more = math.hypot(arm, math.log(seconds.value / seconds.low), math.log((ratio.value - 1) / (ratio.low - 1)))
    return Estimate(value, value * math.exp(-less), value * math.exp(more), logs.size)
