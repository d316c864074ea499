"""Between processes: how far the median of another process of the same cell may lie.

Rounds of one process say nothing about the next: address layout, page placement and how threads settle are drawn once
a process. What they are worth is seen only where a cell has several, and lent from there to the cells that have one.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from scipy.special import digamma, polygamma
from scipy.stats import norm
from scipy.stats import t as student

from ._check import check_confidence, check_groups
from .estimate import Estimate

# The dispersion of fewer variances than this is not worth fitting a distribution to.
MINIMUM_GROUPS = 8
# The freedom of a prior: below one its t quantiles say nothing, above a hundred they are the normal's.
_FREEDOM = (1.0, 100.0)
# Two processes with equal medians would make a logarithm infinite; no clock tells 0.01 % apart.
_SMALLEST = 1e-8


@dataclass(frozen=True)
class Spread:
    """Variance of log medians between processes of a cell: inverse gamma with scale `variance`, worth `freedom`.

    `stretch` is the factor that its t intervals need to hold 95 % of left-out processes: of one other process, and
    of several. `groups` is the number of cells and rows with several processes behind it.
    """

    variance: float
    freedom: float
    groups: int
    stretch: tuple[float, float] = (1.0, 1.0)


def fit_spread(groups: Iterable[Any], confidence: float = 0.95) -> Spread | None:
    """Spread of log medians, one array (processes,) for each cell and row; None with fewer than eight of several.

    The prior fits mean and variance of the log of the sample variances: for s^2 ~ s0^2 F(f, f0), e = log s^2 -
    digamma(f / 2) + log(f / 2) has the mean log s0^2 - digamma(f0 / 2) + log(f0 / 2) and the variance trigamma(f / 2)
    + trigamma(f0 / 2). Each median is then left out, its distance is divided by the interval that the others give,
    and `stretch` is the `confidence` quantile of these: tails heavier than the t's are told by the data themselves.

    Source: Smyth (2004), Stat. Appl. Genet. Mol. Biol. 3(1), article 3; split conformal quantile, Lei et al. (2018),
    J. Am. Stat. Assoc. 113, 1094.
    """
    several = [np.asarray(group, dtype=float) for group in groups if len(group) > 1]
    if len(several) < MINIMUM_GROUPS:
        return None
    freedoms = np.array([group.size - 1.0 for group in several])
    variances = np.maximum([group.var(ddof=1) for group in several], _SMALLEST)
    logs = np.log(variances) - digamma(freedoms / 2) + np.log(freedoms / 2)
    left = float(logs.var(ddof=1) - polygamma(1, freedoms / 2).mean())
    freedom = float(np.clip(2 * _invert_trigamma(left), *_FREEDOM)) if left > 0 else _FREEDOM[1]
    variance = math.exp(float(logs.mean()) + float(digamma(freedom / 2)) - math.log(freedom / 2))
    spread = Spread(variance, freedom, len(several))
    return replace(spread, stretch=_calibrate(several, spread, confidence))


def estimate_process(samples: Any, spread: Spread | None, confidence: float = 0.95) -> Estimate:
    """Seconds of a call: geometric mean of the processes' medians, with the interval for another process's median.

    m +- c t(f0 + f) s sqrt(1 + 1 / P), s^2 = (f0 s0^2 + f s_P^2) / (f0 + f), over the P log medians, f = P - 1, with
    the `spread`'s s0^2, f0 and stretch c. Without a spread (nothing like it was measured in several processes) there
    is no interval: bounds NaN. `basis` says whose processes the variance is from.

    Seconds in and out. Raises ValueError for samples that are empty, not positive or not finite.
    """
    confidence = check_confidence(confidence)
    groups = check_groups("samples", samples)
    medians = np.array([np.median(np.log(group)) for group in groups])
    value, count = math.exp(float(medians.mean())), sum(group.size for group in groups)
    if spread is None:
        return Estimate(value, math.nan, math.nan, count, confidence)
    arm = reach_process(medians, spread, confidence)
    basis = "own processes" if medians.size > 1 else "neighbours"
    return Estimate(value, value * math.exp(-arm), value * math.exp(arm), count, confidence, basis)


def reach_process(medians: np.ndarray, spread: Spread, confidence: float = 0.95) -> float:
    """Half the width, in log units, of the interval for another process around the mean of log medians (processes,)."""
    return spread.stretch[medians.size > 1] * float(_reach(medians, spread, confidence))


def deviate_process(medians: np.ndarray, spread: Spread | None, confidence: float = 0.95) -> float:
    """Standard deviation of the mean of log medians (processes,) that processes are worth; NaN without a spread.

    c t(f0 + f) s / (z sqrt(P)): a normal with the tails of the interval, so that what is drawn from it keeps them.
    """
    if spread is None:
        return math.nan
    return (
        reach_process(medians, spread, confidence) / math.sqrt(1 + medians.size) / float(norm.ppf((1 + confidence) / 2))
    )


def _reach(medians: np.ndarray, spread: Spread, confidence: float) -> np.ndarray:
    """Half the width, in log seconds, of the t interval for another process, for medians (..., processes)."""
    count = medians.shape[-1]
    freedom = spread.freedom + count - 1
    variance = (spread.freedom * spread.variance + medians.var(axis=-1) * count) / freedom
    return float(student.ppf((1 + confidence) / 2, freedom)) * np.sqrt(variance * (1 + 1 / count))


def _calibrate(several: list[np.ndarray], spread: Spread, confidence: float) -> tuple[float, float]:
    """Stretch for one other process, from all ordered pairs, and for several, from leaving out one of three or more."""
    one, many = [], []
    for count in {group.size for group in several}:
        groups = np.array([group for group in several if group.size == count])
        for left in range(count):
            others, median = np.delete(groups, left, axis=1), groups[:, left]
            one += [_standardise(others[:, k : k + 1], median, spread, confidence) for k in range(count - 1)]
            many += [_standardise(others, median, spread, confidence)] if count > 2 else []
    # Processes that agreed by luck narrow nothing: the t interval is the least.
    single = max(1.0, high_quantile(np.concatenate(one), confidence))
    return single, max(1.0, high_quantile(np.concatenate(many), confidence)) if many else single


def _standardise(others: np.ndarray, median: np.ndarray, spread: Spread, confidence: float) -> np.ndarray:
    return np.abs(median - others.mean(axis=1)) / _reach(others, spread, confidence)


def high_quantile(values: np.ndarray, confidence: float) -> float:
    """The conformal quantile: order statistic ceil((n + 1) confidence), the largest where n is too small for it."""
    place = min(math.ceil((values.size + 1) * confidence), values.size)
    return float(np.sort(values)[place - 1])


def _invert_trigamma(value: float) -> float:
    """y with trigamma(y) = value > 0, by Newton's method on 1 / trigamma, which is nearly straight."""
    y = 0.5 + 1 / value
    for _ in range(60):
        tri = float(polygamma(1, y))
        step = tri * (1 - tri / value) / float(polygamma(2, y))
        y += step
        if abs(step) < 1e-10 * y:
            break
    return y
