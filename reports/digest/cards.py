"""What a family's card needs beyond its cells: which series to draw side by side, and two headline ratios."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ..analysis import Analysis
from ..families import Family
from ..group import group_by
from ..statistics import Estimate
from .series import Measured, find_keys


@dataclass(frozen=True)
class Headline:
    """How many times as long `row` takes as `baseline`, paired by round, in a series.

    `ratio` is at the largest size where it has an interval, `at`; without one at any, at the largest where both ran.
    `least` and `most` are (ratio, size) over all sizes, `last` that of the largest where it is not `at`.
    """

    row: str
    baseline: str
    series: str
    at: float
    ratio: Estimate
    least: tuple[float, float]
    most: tuple[float, float]
    last: tuple[float, float] | None = None


@dataclass(frozen=True)
class CardDigest:
    """A card. `panels` are keys of series: a panel each, of one machine, device, precision and setting.

    A panel holds several keys where the machine had several speeds: their cells share axes, never a curve.
    """

    panels: tuple[tuple[str, ...], ...]
    headlines: tuple[Headline, ...]


def digest_card(analysis: Analysis, family: Family, series: Sequence[Measured]) -> CardDigest:
    """The setting with most measured cells of the card's rows, a panel for each backend."""
    groups = group_by(series, lambda s: (s.place.machine, s.place.device, s.place.dtype, s.fixed))
    best = max(groups.values(), key=lambda group: _count(group, family), default=[])
    panels = [choose_states(group) for group in group_by(best, lambda s: s.place.backend).values()]
    found = (_compare(analysis, family.name, panel, *each[:2]) for each in family.headlines for panel in panels)
    return CardDigest(
        tuple(tuple(s.key for s in panel) for panel in panels),
        tuple(headline for headline in found if headline is not None),
    )


def choose_states(group: Iterable[Measured]) -> list[Measured]:
    """Of series that differ in the machine's state alone the one with most sizes, and those with sizes beyond it.

    By size: what is said of them together holds for each.
    """
    chosen: list[Measured] = []
    for series in sorted(group, key=lambda s: (-len(s.sizes), s.state)):
        if all(series.sizes[0] > c.sizes[-1] or series.sizes[-1] < c.sizes[0] for c in chosen):
            chosen.append(series)
    return sorted(chosen, key=lambda s: s.sizes[0])


def _count(group: Iterable[Measured], family: Family) -> int:
    """Cells of the card's rows that ran."""
    return sum(len(row.ran) for series in group for row in series.rows if row.name in family.card)


def _compare(analysis: Analysis, family: str, panel: Sequence[Measured], row: str, baseline: str) -> Headline | None:
    """The headline of a panel, from the cells of each of its states."""
    known = find_keys(analysis, family)
    ratios = [
        (size, series.key, ratio)
        for series in panel
        for size in series.sizes
        if (ratio := analysis.ratio(known[series.key], size, row, baseline)) is not None
    ]
    if not ratios:
        return None
    at, key, ratio = next((found for found in reversed(ratios) if not found[2].undetermined), ratios[-1])
    values = [(r.value, size) for size, _, r in ratios]
    last = values[-1] if values[-1][1] != at else None
    return Headline(row, baseline, key, at, ratio, min(values), max(values), last)
