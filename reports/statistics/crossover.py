"""The crossover: the size at which one method overtakes another."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from . import _curve
from ._check import check_sizes
from .estimate import Estimate
from .exponent import Exponent, resample_medians, widen
from .process import CONFIDENCE, Spread
from .ratio import Ratio, log_ratios, paired_ratio

# Two fitted curves are not followed further than a decade beyond the largest size that both were measured at.
REACH = 10.0
# Enough for bounds at 2.5 % that rest on 25 draws each; a draw is two or three numbers.
RESAMPLES = 1000


@dataclass(frozen=True)
class Crossover:
    """Where time(a) / time(b) passes through 1.

    kind: `bracketed` (measured on both sides) or `extrapolated` (from two fitted exponents, beyond all measured sizes).
    `estimate` is the size, `winner_above` (`a` or `b`) the faster method above. `bracket` holds the measured sizes on
    both sides, `count` is the number of bracketed crossings, of which this is the one at the largest size.
    """

    kind: str
    estimate: Estimate
    winner_above: str
    bracket: tuple[float, float] | None = None
    count: int = 0


def find_crossover(
    sizes: Sequence[float],
    sessions: Sequence[Any],
    fits: tuple[Exponent, Exponent] | None = None,
    spread: Spread | None = None,
) -> Crossover | None:
    """Size at which methods a and b take the same time, from their paired ratios at each size; None without one.

    `sessions` holds, for each size, what `paired_ratio` takes, `spread` is what it calls measured. A size is decided
    when the interval of its ratio excludes 1, and a crossing is bracketed by two neighbouring decided sizes with
    different winners. Undecided sizes between them lie in the bracket: a size next to the crossing is never decided,
    and dropping the crossing for it would lose those measured best.

    Value: where the straight pieces through log ratio over log size cross zero, of several places the middle one: a
    line through all sizes of a bracket would lie elsewhere in a wider one, for the curve bends. Interval: bootstrap
    over the rounds of each size, its deviations stretched to the width that the ratio quotes (disagreement between
    processes), cut to the bracket; the bracket itself where the rounds cannot be resampled to a crossing.

    Without a bracket, and given the `fits` (a, b), the curves are followed a decade beyond the largest size; the
    upper bound is infinite where the bootstrapped curves do not meet there. Deterministic.
    Units: those of the sizes.

    Raises ValueError for sizes that do not increase and as `paired_ratio` does.
    """
    sizes_ = check_sizes("sizes", sizes, sessions)
    ratios = [paired_ratio(pairs, measured=spread) for pairs in sessions]
    decided = [k for k, ratio in enumerate(ratios) if ratio.high < 1 or ratio.low > 1]
    crossings = [(i, j) for i, j in pairwise(decided) if (ratios[i].high < 1) != (ratios[j].high < 1)]
    if crossings:
        first, last = crossings[-1]
        inside = slice(first, last + 1)
        bracket = (float(sizes_[first]), float(sizes_[last]))
        rng = np.random.default_rng(0)
        drawn = np.column_stack([_resample(sessions[k], ratios[k], rng) for k in range(first, last + 1)])
        values = np.log([ratio.value for ratio in ratios[inside]])
        estimate = _locate(np.log(sizes_[inside]), values, drawn, bracket)
        return Crossover("bracketed", estimate, _name_winner(ratios[last].value), bracket, len(crossings))
    if not decided or fits is None:
        return None
    return _extrapolate(fits, float(sizes_[-1]), _name_winner(ratios[decided[-1]].value))


def _resample(pairs: Any, ratio: Ratio, rng: np.random.Generator) -> np.ndarray:
    """Bootstrap draws of one size's log ratio, around what is quoted, stretched where its interval is wider than they.

    Their own middle is that of all processes' rounds, which need not be the processes' mean: stretched with them, the
    distance would be a bias.
    """
    centre = math.log(ratio.value)
    middles = resample_medians(log_ratios(pairs), RESAMPLES, rng)
    deviations = middles - np.median(middles)
    low, high = np.quantile(deviations, [(1 - ratio.confidence) / 2, (1 + ratio.confidence) / 2])
    stretch = math.log(ratio.high / ratio.low) / (high - low) if not ratio.undetermined and high > low else 1.0
    return centre + max(stretch, 1.0) * deviations


def _locate(x: np.ndarray, values: np.ndarray, drawn: np.ndarray, bracket: tuple[float, float]) -> Estimate:
    """Where the pieces through (x, log ratio) cross zero, with its interval, as a size inside the bracket."""
    low, high = bracket
    zero = float(np.clip(_cross_zero(x, values[None])[0], math.log(low), math.log(high)))
    zeros = _cross_zero(x, drawn)
    rising = values[-1] > values[0]
    usable = zeros[(drawn[:, -1] > drawn[:, 0]) == rising]
    n = int(drawn.shape[1])
    if usable.size < CONFIDENCE * len(drawn):
        return Estimate(math.exp(zero), min(low, math.exp(zero)), max(high, math.exp(zero)), n)
    bounds = np.clip(np.quantile(usable, [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2]), math.log(low), math.log(high))
    return Estimate(math.exp(zero), math.exp(min(float(bounds[0]), zero)), math.exp(max(float(bounds[1]), zero)), n)


def _cross_zero(x: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """The middle one of the places where straight pieces between neighbours cross zero, of each row (rows, sizes), of
    an even number the lower; of a row that crosses nowhere beyond the end that is nearer to zero.
    """
    below, above = rows[:, :-1], rows[:, 1:]
    crosses = (below <= 0) != (above <= 0)
    share = below / np.where(crosses, below - above, 1.0)
    places = np.sort(np.where(crosses, x[:-1] + share * np.diff(x), np.inf), axis=1)
    number = crosses.sum(axis=1)
    middle = places[np.arange(len(rows)), np.maximum(number - 1, 0) // 2]
    beyond = np.where(np.abs(rows[:, 0]) < np.abs(rows[:, -1]), x[0] - 1, x[-1] + 1)
    return np.where(number > 0, middle, beyond)


def _name_winner(ratio: float) -> str:
    return "a" if ratio < 1 else "b"


def _extrapolate(fits: tuple[Exponent, Exponent], largest: float, winner: str) -> Crossover | None:
    a, b = fits
    if a.estimate.undetermined or b.estimate.undetermined:
        return None
    grid = np.log(np.geomspace(largest, REACH * largest, 400))
    ours, theirs = (np.log(fit.predict(np.exp(grid))) for fit in fits)
    point = _first_meeting((ours - theirs)[None], grid, winner)[0]
    # Fits that meet within the measured sizes, where the ratios do not, tell no crossing.
    if not math.isfinite(point) or point <= grid[0]:
        return None
    rows = min(len(a.draws), len(b.draws))
    # All curves are resampled from one seed: in the same order two of equal shape would deviate alike.
    others = b.draws[:rows][::-1]
    curves = _curve.evaluate(a.draws[:rows], grid - a.centre) - _curve.evaluate(others, grid - b.centre)
    meetings = np.sort(_first_meeting(curves, grid, winner))
    # Order statistics, not interpolated quantiles: some of the draws may meet at infinity.
    tail, sizes = math.floor((1 - CONFIDENCE) / 2 * (rows - 1)), min(a.sizes, b.sizes)
    low, high = np.exp(point + widen(sizes) * (meetings[[tail, -1 - tail]] - point))
    value = math.exp(point)
    estimate = Estimate(value, float(min(low, value)), float(max(high, value)), sizes)
    return Crossover("extrapolated", estimate, "b" if winner == "a" else "a")


def _first_meeting(difference: np.ndarray, grid: np.ndarray, winner: str) -> np.ndarray:
    """First grid point, interpolated, where the winner of today is overtaken; infinity where it is not."""
    lead = difference if winner == "b" else -difference  # positive while today's winner leads
    lost = lead <= 0
    after = lost.argmax(axis=1)
    before, rows = np.maximum(after - 1, 0), np.arange(len(lead))
    drop = lead[rows, before] - lead[rows, after]
    share = np.where(drop > 0, lead[rows, before] / np.where(drop > 0, drop, 1.0), 0.0)
    return np.where(lost.any(axis=1), grid[before] + share * (grid[after] - grid[before]), math.inf)
