"""What accuracy costs where methods are approximate by choice: the errors and times of one cell."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

from ..analysis import Analysis
from ..families import FAMILIES
from ..points import NOT_GRADIENTS, OTHER_MODELS, UNCOUNTED, Group, Place, Point, Series
from ..statistics import Estimate

T = TypeVar("T")

# Of more kinds of problem than this, those far apart in their order tell what the others do.
MOST_KINDS = 3
# Answers that are no gradient, nor one of another model, and that no family carries beside its own.
_HIDDEN = NOT_GRADIENTS - OTHER_MODELS - {kind for family in FAMILIES.values() for kind in family.carried}


@dataclass(frozen=True)
class Trade:
    """A row of a front. `front`: no other method is better in both error and time. `other`: it is of another model.
    `ratio`: its time in that of the method which the family's first headline recommends, where rivals are told.

    cosine, descent  of the parameter gradient p against the oracle's g: <p, g> / |p| |g| and <p, g> / |g|²
    residual         the largest of a sample, |v - Jᵀw| / |v|
    All NaN where they were not recorded.
    """

    row: str
    role: str
    exact: bool
    seconds: Estimate
    error: float
    products: float
    counted: bool
    cosine: float
    descent: float
    residual: float
    front: bool
    other: bool = False
    peak_bytes: float = math.nan
    ratio: Estimate | None = None


@dataclass(frozen=True)
class Front:
    """The rows of one cell that return a gradient, by time."""

    series: str
    size: float
    trades: tuple[Trade, ...]


def digest_fronts(analysis: Analysis, name: str) -> tuple[Front, ...]:
    """Of each place, at the size where most kinds of problem were measured, and where others stand that were not tried
    there; none where all methods are exact, or where other models stand beside them (`digest_rivals`).

    Where some place has several kinds, one with a single kind adds little: it is left out.
    """
    if FAMILIES[name].rivals or not any(analysis.approximate_rows(series) for series in analysis.series(name)):
        return ()
    found, groups = [], analysis.groups(name)
    several = [group for group in groups if len(group.series) > 1]
    for group in _add_groups(analysis, name, several or list(groups)):
        found += [digest_front(analysis, series, group.size) for series in spread_evenly(group.series, MOST_KINDS)]
    return tuple(front for front in found if sum(trade.front for trade in front.trades) > 1)


def spread_evenly(items: Sequence[T], most: int) -> Sequence[T]:
    """All of them, or of more so many, the first and the last among them."""
    step = (len(items) - 1) / (most - 1)
    return [items[round(j * step)] for j in range(most)] if len(items) > most else items


def _add_groups(analysis: Analysis, name: str, groups: list[Group]) -> list[Group]:
    """These, each followed by those of its place where a method has the place's first point in any front."""
    told: dict[Place, list[tuple[Group, set[str]]]] = {}
    for group in groups:
        told.setdefault(group.place, []).append((group, _list_rows(analysis, group)))
    for group in analysis.every_group(name):
        known, rows = told.get(group.place), _list_rows(analysis, group)
        if known is not None and not rows <= {row for _, shown in known for row in shown}:
            known.append((group, rows))
    return [group for known in told.values() for group, _ in known]


def _list_rows(analysis: Analysis, group: Group) -> set[str]:
    return {row for series in group.series for row in analysis.approximate_rows(series) if ":" not in row}


def digest_front(analysis: Analysis, series: Series, size: float) -> Front:
    """The gradients of one cell, those of other models beside them and never on the front."""
    rows = (row for row in analysis.rows(series) if "~" not in row)
    points = [p for row in rows if (p := analysis.point(series, size, row)) is not None and p.ok and p.error >= 0]
    points = [p for p in points if p.role in ("method", "peer") and p.computes not in _HIDDEN]
    best = {p.row for p in points if _competes(p) and not any(_beats(q, p) for q in points)}
    points.sort(key=lambda p: (p.seconds.value, p.row))
    return Front(analysis.key(series), size, tuple(_digest_trade(p, p.row in best) for p in points))


def _beats(a: Point, b: Point) -> bool:
    """Whether `a` is a method that is as good as `b` in both and better in one."""
    ours, theirs = (a.error, a.seconds.value), (b.error, b.seconds.value)
    return _competes(a) and ours != theirs and all(x <= y for x, y in zip(ours, theirs, strict=True))


def _competes(point: Point) -> bool:
    return point.role == "method" and point.computes not in OTHER_MODELS


def _digest_trade(point: Point, front: bool) -> Trade:
    spent = point.products or UNCOUNTED
    return Trade(
        **{name: getattr(point, name) for name in ("row", "role", "exact", "seconds", "error", "peak_bytes")},
        products=spent.total,
        counted=spent.counted,
        **{name: getattr(point.quality, name) for name in ("cosine", "descent", "residual")},
        front=front,
        other=point.computes in OTHER_MODELS,
    )
