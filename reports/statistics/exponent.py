"""The exponent: how a method's time grows with the size, apart from the floor that every call costs."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from . import _curve
from ._check import check_groups, check_number, check_sizes, check_times
from ._quantile import normal_arm, student_arm
from .estimate import Estimate
from .median import bracket_median, middle
from .process import CONFIDENCE

# Three parameters pass through any three points; the fourth size is the first that can disagree.
MINIMUM_SIZES = 4
# Wide enough for cache and BLAS blocking effects of a real machine, narrow enough to tell D^2 from D^2.3.
TOLERANCE = 0.15
# A series that does not even double is mostly floor: D^2 seen too early looks like D^0, and no interval would say so.
SMALLEST_GROWTH = 2.0
# Bounds at 2.5 % then rest on ten draws each; more changes the second decimal only.
RESAMPLES = 400


@dataclass(frozen=True)
class Slope:
    """d log t / d log D between two neighbouring sizes."""

    size_below: float
    size_above: float
    estimate: Estimate


@dataclass(frozen=True)
class Exponent:
    """The fit t = floor_s + prefactor_s D^p: `estimate` is p, `sizes` how many it rests on, `size_range` their range.

    NaN throughout, with a `reason`, where there were too few sizes to fit; bounds of NaN, with a `reason`, where
    the time hardly grows from the smallest size to the largest, or where what another process changes is not known.
    `grows`: there is a curve to draw, with or without an interval.
    """

    estimate: Estimate
    floor_s: float
    prefactor_s: float
    sizes: int
    size_range: tuple[float, float]
    reason: str = ""
    grows: bool = False
    draws: np.ndarray = field(default_factory=lambda: np.empty((0, 3)), repr=False, compare=False)
    centre: float = field(default=0.0, repr=False)

    def predict(self, size: Any) -> Any:
        """Seconds at a size or an array of sizes, NaN where nothing was fitted. Extrapolates outside `size_range`.

        Raises ValueError for a size that is not positive and finite.
        """
        sizes = check_times("size", np.atleast_1d(size))
        seconds = self.floor_s + np.exp(math.log(self.prefactor_s) + self.estimate.value * np.log(sizes))
        return seconds if np.ndim(size) else float(seconds[0])


def fit_exponents(
    curves: Iterable[tuple[Sequence[float], Sequence[Any], Sequence[float] | None]],
    resamples: int = RESAMPLES,
) -> list[Exponent]:
    """Of each (sizes, samples, process): fit log t = logaddexp(a, c + p log D) to the medians of `samples` under
    soft-L1 loss, and bootstrap p; no `resamples`, no interval.

    `samples` holds, for each size, seconds as one list or as one list per process. A call's floor makes the log-log
    slope of a power law anything between 0 and p; here the floor is a parameter.

    Interval: quantiles of p over refits of (fit + residual drawn from all sizes + rounds drawn within each size and
    process + a normal deviate of each size's own `process` standard deviation, in log seconds, as `deviate_process` has
    it; none where that is not given, for what no process changes). One that is NaN, not known, leaves no interval.
    Residuals are scaled by sqrt(K / (K - 3)) for the three parameters, and then down to the variance that rounds and
    processes do not already explain, so that noise counts once; the interval is widened by t(K - 3) / z for the
    residuals' own uncertainty. Measured coverage of the nominal 95 % at 5 to 20 sizes: 92 to 99 %; the interval is wide
    at 4 to 8 sizes. Fewer than four sizes, and times that do not double from the first size to the last, are
    undetermined, with a reason.

    Seconds in; p has no unit, `floor_s` is in seconds and `prefactor_s` in seconds / D^p. Deterministic.
    Raises ValueError for no sizes, sizes that do not increase, times that are not positive and finite, resamples < 40.
    Source: residual bootstrap, Efron and Tibshirani (1993), chapter 9; soft-L1 loss as in
    `scipy.optimize.least_squares`.
    """
    resamples = int(check_number("resamples", resamples, 40)) if resamples else 0
    data = [_Data(*curve) for curve in curves]
    known = [each for each in data if each.u.size >= MINIMUM_SIZES]
    points = _curve.fit_all([(each.u, each.y[None], _curve.propose_starts(each.u, each.y)) for each in known])
    # Where no interval can be, no draws: they are most of a report's time.
    wanted = [bool(resamples) and not each.explain(point) for each, point in zip(known, points, strict=True)]
    chosen = zip(known, points, wanted, strict=True)
    found = iter(_curve.fit_all([each.resample(point, resamples) for each, point, want in chosen if want]))
    draws = [next(found) if want else np.empty((0, 3)) for want in wanted]
    fits = iter([each.conclude(p, drawn) for each, p, drawn in zip(known, points, draws, strict=True)])
    return [next(fits) if each.u.size >= MINIMUM_SIZES else each.refuse() for each in data]


class _Data:
    """One curve's logs, and the steps of its fit."""

    def __init__(self, sizes: Sequence[float], samples: Sequence[Any], process: Sequence[float] | None) -> None:
        known = check_sizes("sizes", sizes, samples)
        self.logs = [
            [np.log(group) for group in check_groups(f"samples at size {d:g}", s)]
            for d, s in zip(known, samples, strict=True)
        ]
        self.span = (float(known[0]), float(known[-1]))
        self.centre = float(np.log(known).mean())
        self.u = np.log(known) - self.centre
        self.y = np.array([middle(np.concatenate(groups)) for groups in self.logs])
        self.deviations = _check_process(process, known)

    def resample(self, point: np.ndarray, resamples: int) -> _curve.Problem:
        u, y, rng = self.u, self.y, np.random.default_rng(0)
        fitted = _curve.evaluate(point, u)[0]
        noise = np.column_stack([resample_medians(groups, resamples, rng) for groups in self.logs]) - y
        noise += rng.standard_normal(noise.shape) * np.nan_to_num(self.deviations)
        residuals = _scale_residuals(y - fitted, noise)
        drawn = fitted + noise + rng.choice(residuals, (resamples, y.size))
        # A second start without a floor: a resample whose floor is elsewhere is not held in the point fit's valley.
        return u, drawn, np.vstack([point, [y.min() - 6.0, *np.polyfit(u[-3:], fitted[-3:], 1)[::-1]]])

    def explain(self, point: np.ndarray) -> str:
        """Why there can be no interval, "" where there can."""
        growth = self.grow(point)
        if growth < SMALLEST_GROWTH:
            return f"time grows {growth:.2g}-fold over all sizes: mostly floor, larger sizes needed"
        unknown = np.isnan(self.deviations).any()
        return "one process at each size: what another would change is not known" if unknown else ""

    def grow(self, point: np.ndarray) -> float:
        """The fitted time at the last size in that at the first."""
        fitted = _curve.evaluate(point, self.u)[0]
        return math.exp(fitted[-1] - fitted[0])

    def conclude(self, point: np.ndarray, draws: np.ndarray) -> Exponent:
        (a, c, p), sizes = point[0], self.u.size
        low = high = math.nan
        if draws.size:
            low, high = p + widen(sizes) * (np.quantile(draws[:, 2], [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2]) - p)
            low, high = float(min(low, p)), float(max(high, p))
        estimate = Estimate(float(p), low, high, sizes)
        prefactor, grows = math.exp(c - p * self.centre), self.grow(point) >= SMALLEST_GROWTH
        reason = self.explain(point)
        return Exponent(estimate, math.exp(a), prefactor, sizes, self.span, reason, grows, draws, self.centre)

    def refuse(self) -> Exponent:
        nothing = Estimate(math.nan, math.nan, math.nan, self.u.size)
        reason = f"{self.u.size} sizes, an exponent with a floor needs at least {MINIMUM_SIZES}"
        return Exponent(nothing, math.nan, math.nan, self.u.size, self.span, reason)


def local_slopes(
    sizes: Sequence[float], samples: Sequence[Any], process: Sequence[float] | None = None
) -> tuple[Slope, ...]:
    """Slopes of log median time between neighbouring sizes: (y' - y) / (log D' - log D).

    The interval combines those of the two medians: the slope's arm is the root of the sum of squares of the arms
    that face it. An arm holds the rounds' noise and the `process` standard deviation of its size, as `fit_exponents`
    takes it. Fewer than six samples, or a deviation of NaN, at either size leave it undetermined.

    Raises ValueError as `fit_exponents` does.
    Source: variance recovery for a difference, Zou and Donner (2008), Statist. Med. 27, 1693.
    """
    sizes_ = check_sizes("sizes", sizes, samples)
    medians = [
        bracket_median(np.log(np.concatenate(check_groups(f"samples at size {d:g}", s))), CONFIDENCE)
        for d, s in zip(sizes_, samples, strict=True)
    ]
    reach = normal_arm(CONFIDENCE) * _check_process(process, sizes_)
    medians = [_add_process(*pair) for pair in zip(medians, reach, strict=True)]
    return tuple(_slope(*pair) for pair in zip(sizes_, sizes_[1:], medians, medians[1:], strict=False))


def consistent_with(power: float, estimate: Estimate) -> str:
    """Whether an exponent agrees with O(D^power): `consistent`, `inconsistent` or `undetermined`.

    consistent: the whole interval within power +- TOLERANCE. inconsistent: all of it outside. Else undetermined.
    Raises ValueError for a power that is negative or not finite.
    """
    power = check_number("power", power, 0.0)
    if estimate.undetermined:
        return "undetermined"
    if power - TOLERANCE <= estimate.low and estimate.high <= power + TOLERANCE:
        return "consistent"
    if estimate.high < power - TOLERANCE or estimate.low > power + TOLERANCE:
        return "inconsistent"
    return "undetermined"


def widen(sizes: int) -> float:
    """Factor t(K - 3) / z by which a bootstrap over the residuals of K sizes is too narrow."""
    return student_arm(CONFIDENCE, sizes - 3) / normal_arm(CONFIDENCE)


def resample_medians(groups: list[np.ndarray], resamples: int, rng: np.random.Generator) -> np.ndarray:
    """Bootstrap draws (resamples,) of the median of all groups' values, each group drawn by itself."""
    drawn = [group[rng.integers(0, group.size, (resamples, group.size))] for group in groups]
    return np.median(np.concatenate(drawn, axis=1), axis=1)


def _scale_residuals(residuals: np.ndarray, noise: np.ndarray) -> np.ndarray:
    """Residuals with the variance that is left for them: freed of the parameters' share and of the rounds' noise."""
    count = residuals.size
    total = float((residuals**2).sum()) / (count - 3)
    if total == 0:
        return residuals
    left = max(0.0, 1 - float((noise**2).mean()) / total)
    return residuals * math.sqrt(count / (count - 3) * left)


def _check_process(process: Sequence[float] | None, sizes: np.ndarray) -> np.ndarray:
    """Deviations (sizes,), NaN where one is not known; zero where none are given."""
    deviations = np.zeros(sizes.size) if process is None else np.asarray(process, dtype=float)
    if deviations.shape != sizes.shape:
        raise ValueError(f"process must be one for each size, got {deviations.size} for {sizes.size} sizes")
    return deviations


def _add_process(median: Estimate, reach: float) -> Estimate:
    """The median of log seconds with both arms lengthened by what another process may change."""
    down, up = math.hypot(median.value - median.low, reach), math.hypot(median.high - median.value, reach)
    return Estimate(median.value, median.value - down, median.value + up, median.n, median.confidence)


def _slope(below: float, above: float, m_below: Estimate, m_above: Estimate) -> Slope:
    step, rise = math.log(above / below), m_above.value - m_below.value
    down = math.hypot(m_above.value - m_above.low, m_below.high - m_below.value)
    up = math.hypot(m_above.high - m_above.value, m_below.value - m_below.low)
    n = min(m_below.n, m_above.n)
    estimate = Estimate(rise / step, (rise - down) / step, (rise + up) / step, n, m_below.confidence)
    return Slope(float(below), float(above), estimate)
