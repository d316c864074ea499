"""Effects: quantities with an interval at whatever confidence a claim's number of parts asks for."""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from ..analysis import Analysis
from ..points import Series
from ..statistics import Estimate, Exponent, Ratio, estimate_median, paired_ratio, student_arm
from ..studies import Study, pair_seconds
from ._rule import Effect

# Freedom of an interval between processes beside their number: what `paired_ratio` leans on where no spread is known.
LEANT = 3


def exact(value: float) -> Effect:
    """What was counted or computed and not sampled; NaN where it is not known."""
    bound = value if math.isfinite(value) else math.nan
    return lambda confidence: Estimate(value, bound, bound, 1, confidence)


def at_least(value: float) -> Effect:
    """What may be any larger: all that is known of what was not tried further."""
    bounds = (value, math.inf) if math.isfinite(value) else (math.nan, math.nan)
    return lambda confidence: Estimate(value, *bounds, 1, confidence)


def stretch(estimate: Estimate, confidence: float, freedom: float, ratio: bool = False) -> Estimate:
    """The interval at another confidence: each arm times t(confidence) / t(its own), of a `ratio` in log units.

    Exact for t intervals, and so for those between processes; of order statistics and bootstraps, whose quantiles that
    far out rest on too few samples, the tails are taken to be the t's. A bound that is not finite stays.
    """
    if estimate.undetermined:
        return Estimate(estimate.value, math.nan, math.nan, estimate.n, confidence)
    factor, value = student_arm(confidence, freedom) / student_arm(estimate.confidence, freedom), estimate.value
    if ratio:
        bounds = [value * (bound / value) ** factor for bound in (estimate.low, estimate.high)]
    else:
        bounds = [value + factor * (bound - value) for bound in (estimate.low, estimate.high)]
    return Estimate(value, min(bounds[0], value), max(bounds[1], value), estimate.n, confidence, estimate.basis)


def of_ratio(analysis: Analysis, series: Series, ratio: Ratio) -> Effect:
    """time(a) / time(b) in one cell of a series."""
    spread = analysis.ratio_spread(series)
    freedom = (spread.freedom if spread is not None else LEANT) + ratio.processes - 1
    return lambda confidence: stretch(ratio, confidence, freedom, ratio=True)


def of_exponent(fit: Exponent) -> Effect:
    """A fitted exponent: three parameters of as many points as there are sizes."""
    return lambda confidence: stretch(fit.estimate, confidence, max(fit.sizes - 3, 1))


def of_slope(x: ArrayLike, y: ArrayLike) -> Effect:
    """d log y / d log x of a straight line through all points, with a t interval of n - 2; none from two points, or
    where x does not vary.
    """
    u, v = np.log(np.asarray(x, dtype=float)), np.log(np.asarray(y, dtype=float))
    count, wide = u.size, float(((u - u.mean()) ** 2).sum()) if u.size else 0.0
    if count < 3 or wide == 0:
        return exact(math.nan)
    if float(np.ptp(v)) < 1e-12:
        return exact(0.0)
    slope = float(((u - u.mean()) * v).sum() / wide)
    left = v - v.mean() - slope * (u - u.mean())
    deviation = math.sqrt(float((left**2).sum()) / (count - 2) / wide)
    return lambda confidence: _bracket(slope, deviation, count - 2, count, confidence)


def of_seeds(values: ArrayLike) -> Effect:
    """Geometric mean over the seeds of positive numbers, with the t interval of their logs; none from one seed."""
    logs = np.log(np.asarray(values, dtype=float))
    if logs.size < 2:
        return lambda confidence: Estimate(float(np.exp(logs.mean())), math.nan, math.nan, logs.size, confidence)
    centre, deviation = float(logs.mean()), float(logs.std(ddof=1)) / math.sqrt(logs.size)

    def bracket(confidence: float) -> Estimate:
        found = _bracket(centre, deviation, logs.size - 1, logs.size, confidence)
        return Estimate(math.exp(found.value), math.exp(found.low), math.exp(found.high), found.n, confidence)

    return bracket


def of_median(values: ArrayLike) -> Effect:
    """Median over the seeds of positive numbers, by order statistics; no interval where the seeds are too few."""
    return lambda confidence: estimate_median(values, confidence)


def of_epochs(study: Study, a: str, b: str) -> Effect | None:
    """time(a) / time(b) of a study, paired by epoch, over epochs and seeds; None where not trained together."""
    sessions = pair_seconds(study, a, b) if {a, b} <= set(study.methods) else []
    return (lambda confidence: paired_ratio(sessions, confidence)) if sessions else None


def of_accuracy(study: Study, a: str, b: str) -> Effect | None:
    """Test accuracy of a minus that of b at the end, in points, over seeds and images; None where it is not known.

    The mean over the seeds, with a t interval from two variances: of the seeds' differences, over their number, and of
    the test images, which are the same for all seeds: p (1 - p) / n of each method, as if these erred independently of
    each other (on the same images they do less). Freedom by Welch and Satterthwaite; no interval from one seed.
    """
    ends = [{row["seed"]: row.get("accuracy") for row in study.of(m)} if m in study.methods else {} for m in (a, b)]
    shared = sorted(seed for seed in ends[0].keys() & ends[1].keys() if None not in (ends[0][seed], ends[1][seed]))
    images = study.setting("test")
    if not shared or not images:
        return None
    first, second = (np.array([end[seed] for seed in shared], dtype=float) for end in ends)
    differences, count = first - second, len(shared)
    value = 100 * float(differences.mean())
    if count < 2:
        return lambda confidence: Estimate(value, math.nan, math.nan, count, confidence)
    over_seeds = float(differences.var(ddof=1)) / count
    # One more right and one more wrong image: a method without an error is not known to make none.
    shares = [(float(ends.mean()) * images + 1) / (images + 2) for ends in (first, second)]
    over_images = sum(p * (1 - p) for p in shares) / images
    total = over_seeds + over_images
    freedom = (count - 1) * (total / over_seeds) ** 2 if over_seeds else 1e6
    return lambda confidence: _bracket(value, 100 * math.sqrt(total), freedom, count, confidence)


def keep(effects: Sequence[Effect | None]) -> tuple[Effect, ...]:
    """Those that are known."""
    return tuple(effect for effect in effects if effect is not None)


def _bracket(value: float, deviation: float, freedom: float, count: int, confidence: float) -> Estimate:
    arm = student_arm(confidence, freedom) * deviation
    return Estimate(value, value - arm, value + arm, count, confidence)
