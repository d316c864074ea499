"""What was aimed at, on a GPU and on a processor, held against what was measured."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

from ..analysis import Analysis
from ..families import FAMILIES, Goals
from ..points import Point, Series
from ..statistics import Estimate
from .clocks import GRAPH
from .series import AtSize, Measured, find_keys

# Sizes of which the work is worth more than a launch, those of a launch, and the precisions aimed at.
LARGE, SMALL = (8192, 20_000), 256
PRECISIONS = ("float32", "tf32")
# The rate of the row in that of its own products; the step in times of its copy; a replay in empty launches.
SHARE, COPIES, LAUNCHES = 0.85, 1.15, 3.0
# On a processor: from which size on, in which precision, and the row in times of its own products and of the time
# that the roofline allows for its work.
FROM, PRECISION, FLOORS, ROOFLINES = 1000, "float32", 1.05, 1.4
# The kinds, in the order they are told in, by the device that they are of.
KINDS = {"cuda": ("products", "copy", "launch"), "cpu": ("floor", "roofline")}


@dataclass(frozen=True)
class Goal(AtSize):
    """A goal at one size of a series.

    kind      products, copy or launch on a GPU, floor or roofline on a processor
    value     what `limit` bounds: for products from below, else from above; None where it cannot be told
    seconds   of a call of the row
    verdict   met or missed: by the whole interval, or where there is none (`sure` is false) by the value; undetermined
              where the interval reaches across; not judged without a value: the records time no empty launch
    """

    kind: str
    value: Estimate | None
    limit: float
    seconds: Estimate
    verdict: str
    sure: bool


def digest_goals(analysis: Analysis, name: str, measured: tuple[Measured, ...]) -> tuple[Goal, ...]:
    """Of all series; none for a family that has no goals."""
    if (goals := FAMILIES[name].goals) is None:
        return ()
    keys, judges = find_keys(analysis, name), {"cuda": _judge_card, "cpu": _judge_processor}
    # Nothing was aimed at on any other device.
    aimed = [(judges[at.place.device], key, at) for key, at in keys.items() if at.place.device in judges]
    found = [goal for judge, key, at in aimed for goal in judge(analysis, key, at, goals)]
    order = [kind for kinds in KINDS.values() for kind in kinds]
    ranks = {series.key: j for j, series in enumerate(measured)}
    return tuple(sorted(found, key=lambda g: (order.index(g.kind), g.row == goals.step, ranks[g.series], g.size)))


def _judge_processor(analysis: Analysis, key: str, series: Series, goals: Goals) -> Iterator[Goal]:
    if series.place.dtype != PRECISION:
        return
    for size in (size for size in analysis.sizes(series) if size >= FROM):
        row, step = (analysis.point(series, size, name) for name in (goals.row, goals.step))
        if row is not None and row.ok and (ratio := analysis.ratio(series, size, goals.row, goals.floor)):
            yield _judge(key, row, "floor", ratio, FLOORS)
        for point in (row, step):
            if point is not None and point.ok and (allowed := analysis.attainable(series, point)):
                yield _judge(key, point, "roofline", _count_times(point, allowed), ROOFLINES)


def _judge_card(analysis: Analysis, key: str, series: Series, goals: Goals) -> Iterator[Goal]:
    for size in analysis.sizes(series):
        large = LARGE[0] <= size <= LARGE[1] and series.place.dtype in PRECISIONS
        point, step = (analysis.point(series, size, row) for row in (goals.row, goals.step))
        if large and point is not None and point.ok:
            share = analysis.ratio(series, size, goals.floor, goals.row)
            yield _judge(key, point, "products", share, SHARE)
        if large and step is not None and step.ok and (bound := _bound_copy(analysis, series, step)):
            yield _judge(key, step, "copy", _count_times(step, bound), COPIES)
        replay = analysis.point(series, size, f"{goals.row}:{GRAPH}")
        if size <= SMALL and replay is not None and replay.ok:
            launch = analysis.launch_s(series, size)
            times = None if math.isnan(launch) else _count_times(replay, launch)
            yield _judge(key, replay, "launch", times, LAUNCHES)


def _bound_copy(analysis: Analysis, series: Series, step: Point) -> float:
    """Seconds that the bytes of the formula take at the copy's rate; 0 where its products take longer."""
    ceiling = analysis.ceiling(series, step.size)
    if ceiling is None or math.isnan(step.bytes) or math.isnan(step.flops):
        return 0.0
    moved = step.bytes / ceiling.bytes_per_s
    return moved if moved > step.flops / ceiling.flops_per_s else 0.0


def _count_times(point: Point, unit_s: float) -> Estimate:
    """A call of the row in what takes so many seconds, which have no interval of their own."""
    seconds = point.seconds
    return Estimate(seconds.value / unit_s, seconds.low / unit_s, seconds.high / unit_s, seconds.n)


def _judge(key: str, point: Point, kind: str, value: Estimate | None, limit: float) -> Goal:
    sure = value is not None and not value.undetermined
    return Goal(key, point.size, point.row, kind, value, limit, point.seconds, _decide(kind, value, limit), sure)


def _decide(kind: str, value: Estimate | None, limit: float) -> str:
    if value is None:
        return "not judged"
    ends = [value.value] if value.undetermined else [value.low, value.high]
    met = {end >= limit if kind == "products" else end <= limit for end in ends}
    return "undetermined" if len(met) > 1 else "met" if met.pop() else "missed"
