"""What a family's card needs beyond its cells: which series to draw side by side, and two headline ratios."""

from dataclasses import dataclass

from ..analysis import Analysis
from ..families import Family
from ..points import Series
from ..statistics import Estimate


@dataclass(frozen=True)
class Headline:
    """How many times as long `row` takes as `baseline`, paired by round, in a series.

    `ratio` is at the largest size where both ran, `at`; `least` and `most` are (ratio, size) over all of them.
    """

    row: str
    baseline: str
    series: str
    at: float
    ratio: Estimate
    least: tuple[float, float]
    most: tuple[float, float]


@dataclass(frozen=True)
class CardDigest:
    """A card. `panels` are keys of series: a panel each, of one machine, device, precision and setting.

    A panel holds several keys where the machine had several speeds: their cells share axes, never a curve.
    """

    panels: tuple[tuple[str, ...], ...]
    headlines: tuple[Headline, ...]


def digest_card(analysis: Analysis, family: Family) -> CardDigest:
    """The setting with most measured cells, a panel for each backend."""
    groups: dict[tuple, list[Series]] = {}
    for series in analysis.series(family.name):
        place = series.place
        groups.setdefault((place.machine, place.device, place.dtype, series.fixed), []).append(series)
    best = max(groups.values(), key=lambda group: _count(analysis, group, family), default=[])
    panels = [_choose_states(analysis, group) for group in _split_backends(best)]
    headlines = [
        headline
        for row, baseline in family.headlines
        for panel in panels
        if (headline := _compare(analysis, panel, row, baseline)) is not None
    ]
    return CardDigest(
        tuple(tuple(analysis.key(series) for series in panel) for panel in panels),
        tuple(headlines),
    )


def _count(analysis: Analysis, group: list[Series], family: Family) -> int:
    """Cells of the card's rows that ran."""
    rows = {(series, row) for series in group for row in analysis.rows(series) if row in family.card}
    return sum(point.ok for series, row in rows for point in analysis.points(series, row))


def _split_backends(group: list[Series]) -> list[list[Series]]:
    found: dict[str, list[Series]] = {}
    for series in group:
        found.setdefault(series.place.backend, []).append(series)
    return list(found.values())


def _choose_states(analysis: Analysis, group: list[Series]) -> list[Series]:
    """The state of the machine with most sizes, and those others whose sizes lie beyond all that are chosen."""
    chosen: list[Series] = []
    for series in sorted(group, key=lambda s: (-len(analysis.sizes(s)), s.state)):
        sizes = analysis.sizes(series)
        if all(sizes[0] > analysis.sizes(c)[-1] or sizes[-1] < analysis.sizes(c)[0] for c in chosen):
            chosen.append(series)
    return sorted(chosen, key=lambda s: analysis.sizes(s)[0])


def _compare(analysis: Analysis, panel: list[Series], row: str, baseline: str) -> Headline | None:
    """The headline of a panel, from the cells of each of its states."""
    known = [
        (size, analysis.key(series), ratio)
        for series in panel
        for size in analysis.sizes(series)
        if (ratio := analysis.ratio(series, size, row, baseline)) is not None
    ]
    if not known:
        return None
    at, key, ratio = known[-1]
    values = [(r.value, size) for size, _, r in known]
    return Headline(row, baseline, key, at, ratio, min(values), max(values))
