"""Between processes: how far the median of another process of the same cell may lie.

Rounds of one process say nothing about the next: address layout, page placement and how threads settle are drawn once
a process. What they are worth is seen only where a cell has several, and lent from there to the cells that have one.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from scipy.special import digamma, polygamma

from ._check import check_confidence, check_groups
from ._quantile import normal_arm, student_arm
from .estimate import Estimate
from .median import middle

# What intervals are quoted at unless another confidence is asked for.
CONFIDENCE = 0.95
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
    of several. `groups` is the number of cells and rows with several processes behind it. `scores` are the distances of
    left-out processes in those t intervals, ascending, for the same two: what other confidences are read from.
    """

    variance: float
    freedom: float
    groups: int
    stretch: tuple[float, float] = (1.0, 1.0)
    scores: tuple[np.ndarray, np.ndarray] = field(default=(np.empty(0), np.empty(0)), repr=False, compare=False)
    lent: bool = False


def fit_spread(groups: Iterable[Any]) -> Spread | None:
    """Spread of log medians, one array (processes,) for each cell and row; None with fewer than eight of several.

    The prior fits mean and variance of the log of the sample variances: for s^2 ~ s0^2 F(f, f0), e = log s^2 -
    digamma(f / 2) + log(f / 2) has the mean log s0^2 - digamma(f0 / 2) + log(f0 / 2) and the variance trigamma(f / 2)
    + trigamma(f0 / 2). Each median is then left out, its distance is divided by the interval that the others give,
    and `stretch` is the 95 % quantile of these `scores`: tails heavier than the t's are told by the data themselves.

    Source: Smyth (2004), Stat. Appl. Genet. Mol. Biol. 3(1), article 3; split conformal quantile, Lei et al. (2018),
    J. Am. Stat. Assoc. 113, 1094.
    """
    several = [np.asarray(group, dtype=float) for group in groups if len(group) > 1]
    if len(several) < MINIMUM_GROUPS:
        return None
    variance, freedom = fit_prior(*log_variances(several))
    spread = Spread(variance, freedom, len(several))
    one, many = _score(several, spread)
    # Processes that agreed by luck narrow nothing: the t interval is the least.
    single = max(1.0, high_quantile(one, CONFIDENCE))
    stretch = single, max(1.0, high_quantile(many, CONFIDENCE)) if many.size else single
    return replace(spread, stretch=stretch, scores=(one, many))


def log_variances(several: Sequence[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """e and f of each array of several log medians, as `fit_spread` has them."""
    sizes = np.array([group.size for group in several])
    variances = np.empty(sizes.size)
    for size in set(sizes.tolist()):  # of as many processes all at once: there are thousands of groups
        (places,) = np.nonzero(sizes == size)
        variances[places] = np.array([several[k] for k in places.tolist()]).var(axis=1, ddof=1)
    freedoms = sizes - 1.0
    logs = np.log(np.maximum(variances, _SMALLEST))
    return logs - digamma(freedoms / 2) + np.log(freedoms / 2), freedoms


def fit_prior(logs: np.ndarray, freedoms: np.ndarray) -> tuple[float, float]:
    """s0^2 and f0 of what `log_variances` returns, at least two."""
    left = float(logs.var(ddof=1) - polygamma(1, freedoms / 2).mean())
    freedom = float(np.clip(2 * _invert_trigamma(left), *_FREEDOM)) if left > 0 else _FREEDOM[1]
    return math.exp(float(logs.mean()) + float(digamma(freedom / 2)) - math.log(freedom / 2)), freedom


def estimate_process(samples: Any, spread: Spread | None, confidence: float = 0.95) -> Estimate:
    """Seconds of a call: geometric mean of the processes' medians, with the interval for another process's median.

    m +- c t(f0 + f) s sqrt(1 + 1 / P), s^2 = (f0 s0^2 + f s_P^2) / (f0 + f), over the P log medians, f = P - 1, with
    the `spread`'s s0^2, f0 and stretch c. Without a spread (nothing like it was measured in several processes) there
    is no interval: bounds NaN. `basis` says whose processes the variance is from.

    Seconds in and out. Raises ValueError for samples that are empty, not positive or not finite.
    """
    confidence = check_confidence(confidence)
    groups = check_groups("samples", samples)
    medians = np.array([middle(np.log(group)) for group in groups])
    value, count = math.exp(float(medians.mean())), sum(group.size for group in groups)
    if spread is None:
        return Estimate(value, math.nan, math.nan, count, confidence)
    arm = reach_process(medians, spread, confidence)
    basis = "own processes" if medians.size > 1 else "neighbours"
    return Estimate(value, value * math.exp(-arm), value * math.exp(arm), count, confidence, basis)


def reach_process(medians: np.ndarray, spread: Spread, confidence: float = CONFIDENCE) -> float:
    """Half the width, in log units, of the interval for another process around the mean of log medians (processes,).

    At 95 % the t interval times `stretch`. At another confidence the t interval of 95 % times that quantile of the
    `scores`: the t of a prior with one degree of freedom would follow a power law far beyond anything that was seen.
    Where they are too few to have that quantile, the t's own quantile times `stretch`.
    """
    several = medians.size > 1
    scores, stretch = spread.scores[several], spread.stretch[several]
    if confidence == CONFIDENCE or math.ceil((scores.size + 1) * confidence) > scores.size:
        return stretch * float(_reach(medians, spread, confidence))
    quantile = high_quantile(scores, confidence)
    factor = max(stretch, quantile) if confidence > CONFIDENCE else quantile
    return factor * float(_reach(medians, spread, CONFIDENCE))


def reach_alone(spread: Spread) -> float:
    """Half the width, in log units, of the 95 % interval for another process around the log median of one."""
    return reach_process(np.zeros(1), spread)


def reach_mean(medians: np.ndarray, spread: Spread, confidence: float = CONFIDENCE, count: int = 0) -> float:
    """Half the width, in log units, of the interval for the mean over all processes, from log medians (processes,).

    c t(f0 + f) s / sqrt(P), with what `reach_process` has for another one. With a `count` as it is expected to be after
    that many processes in all: the same s, from more of them.
    """
    if count:
        freedom, squares = spread.freedom + medians.size - 1, medians.var() * medians.size
        variance = (spread.freedom * spread.variance + squares) / freedom
        # What they showed, and s^2 of each that is to come: the prior, which has its say in s, has it once.
        squares += (count - medians.size) * variance
        steps = np.arange(count) - (count - 1) / 2
        medians = steps * math.sqrt(squares / (steps**2).sum()) if count > 1 else np.zeros(1)
    return reach_process(medians, spread, confidence) / math.sqrt(1 + medians.size)


def deviate_process(medians: np.ndarray, spread: Spread | None) -> float:
    """Standard deviation of the mean of log medians (processes,) that processes are worth; NaN without a spread.

    c t(f0 + f) s / (z sqrt(P)): a normal with the tails of the interval, so that what is drawn from it keeps them.
    """
    if spread is None:
        return math.nan
    return reach_mean(medians, spread) / normal_arm(CONFIDENCE)


def _reach(medians: np.ndarray, spread: Spread, confidence: float) -> np.ndarray:
    """Half the width, in log seconds, of the t interval for another process, for medians (..., processes)."""
    count = medians.shape[-1]
    freedom = spread.freedom + count - 1
    variance = (spread.freedom * spread.variance + medians.var(axis=-1) * count) / freedom
    return student_arm(confidence, freedom) * np.sqrt(variance * (1 + 1 / count))


def _score(several: list[np.ndarray], spread: Spread) -> tuple[np.ndarray, np.ndarray]:
    """Scores of one other process, from all ordered pairs, and of several, from leaving out one of three or more."""
    one, many = [], []
    for count in {group.size for group in several}:
        groups = np.array([group for group in several if group.size == count])
        for left in range(count):
            others, median = np.delete(groups, left, axis=1), groups[:, left]
            one += [_standardise(others[:, k : k + 1], median, spread) for k in range(count - 1)]
            many += [_standardise(others, median, spread)] if count > 2 else []
    return np.sort(np.concatenate(one)), np.sort(np.concatenate(many)) if many else np.empty(0)


def _standardise(others: np.ndarray, median: np.ndarray, spread: Spread) -> np.ndarray:
    return np.abs(median - others.mean(axis=1)) / _reach(others, spread, CONFIDENCE)


def high_quantile(ascending: np.ndarray, confidence: float) -> float:
    """The conformal quantile: order statistic ceil((n + 1) confidence), the largest where n is too small for it."""
    return float(ascending[min(math.ceil((ascending.size + 1) * confidence), ascending.size) - 1])


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
