"""What predictions miss: each measured size left out of its curve, and predicted from the others."""

import math
from collections.abc import Hashable, Iterable, Sequence

import numpy as np

from .points import Point
from .statistics import Miss, fit_growths

# Beyond a factor four the next regime of the machine (a cache, a memory limit) is likelier than the curve.
REACH = 4.0
# Sizes left out at an end of a curve; each is a fit of the others.
ENDS = 2


Curve = tuple[Hashable, Sequence[Point]]


def miss_between(curves: Iterable[Curve]) -> Iterable[Miss]:
    """Each inner size from its two neighbours, on the line through them in log-log."""
    for curve, points in curves:
        x, y = np.log([p.size for p in points]), np.array([p.medians.mean() for p in points])
        for j in range(1, len(points) - 1):
            guess = float(np.interp(x[j], x[[j - 1, j + 1]], y[[j - 1, j + 1]]))
            process = max(reach_process(points[j - 1]), reach_process(points[j + 1]))
            errors = tuple(float(guess - median) for median in points[j].medians)
            yield Miss(curve, float(x[j + 1] - x[j - 1]), errors, process)


def miss_above(curves: Iterable[Curve]) -> Iterable[Miss]:
    """The last sizes, within REACH of those before them, by the growth that these fit."""
    return _follow((c, points[: len(points) - left], points[-1]) for c, points in curves for left in _leave(points))


def miss_below(curves: Iterable[Curve]) -> Iterable[Miss]:
    """The first sizes, within REACH of those after them, by the growth that these fit."""
    return _follow((c, points[left:], points[0]) for c, points in curves for left in _leave(points))


def reach_process(point: Point) -> float:
    """Half width, in log seconds, of the interval for another process of a point; 0 where it is not known.

    Infinite of a patient point: no calibration has seen one, so that nothing which leans on it has an interval.
    """
    seconds = point.seconds
    if point.patient:
        return math.inf
    return 0.0 if seconds.undetermined else math.log(seconds.high / seconds.value)


def _leave(points: Sequence[Point]) -> range:
    """How many sizes are left out at an end, where others remain."""
    return range(1, min(ENDS, len(points) - 1) + 1)


def _follow(left_out: Iterable[tuple[Hashable, Sequence[Point], Point]]) -> Iterable[Miss]:
    """Each (curve, points kept, point left out) that lies within REACH."""
    near = []
    for curve, kept, far in left_out:
        end = min(kept, key=lambda p: abs(math.log(p.size / far.size)))
        gap = abs(math.log(far.size / end.size))
        if gap <= math.log(REACH) * (1 + 1e-9):
            near.append((curve, kept, far, end, gap))
    growths = fit_growths(([p.size for p in kept], [p.seconds.value for p in kept]) for _, kept, *_ in near)
    for (curve, _, far, end, gap), grow in zip(near, growths, strict=True):
        if grow is not None:
            guess = math.log(end.seconds.value) + grow(far.size) - grow(end.size)
            yield Miss(curve, gap, tuple(float(guess - median) for median in far.medians), reach_process(end))


# What leaves a size out for each place of a prediction: between measured sizes, above the last, below the first.
LEAVE_OUT = {"between": miss_between, "above": miss_above, "below": miss_below}
