"""How many times faster than what users run today: paired ratios, and whether they are one."""

from collections.abc import Iterable
from dataclasses import dataclass

from ..analysis import Analysis
from ..families import FAMILIES, Family
from ..points import NOT_GRADIENTS, Series
from ..statistics import Estimate
from .series import AtSize, Measured, Row, choose_sweeps, find_keys


@dataclass(frozen=True)
class Speedup(AtSize):
    """time(baseline) / time(row) at a size, paired by round; `verdict`: is `row` faster, slower, the same."""

    baseline: str
    ratio: Estimate
    verdict: str


def digest_speedups(analysis: Analysis, name: str, measured: tuple[Measured, ...]) -> tuple[Speedup, ...]:
    """Of every sweep, baseline and rival, at each size where both were timed in the same rounds."""
    keys = find_keys(analysis, name)
    # A rival of another objective stands in a sweep beside the family's own, of whatever number of sizes.
    rivals = {kind for question in FAMILIES[name].questions for kind in question.rivals}
    beside = tuple(s for s in measured if any(row.computes in rivals and row.ran for row in s.rows))
    return tuple(
        found
        for series in dict.fromkeys((*choose_sweeps(measured), *beside))
        for baseline in choose_baselines(FAMILIES[name], series)
        for rival in find_rivals(FAMILIES[name], series, baseline)
        for found in _compare(analysis, keys[series.key], rival, baseline)
    )


def choose_baselines(family: Family, series: Measured) -> tuple[str, ...]:
    """The family's baselines that ran; where none did, the yardstick if it is a method."""
    ran = {row.name: row for row in series.rows if row.ran}
    named = tuple(name for name in family.baselines if name in ran)
    spare = ran.get(family.yardstick)
    return named or ((spare.name,) if spare is not None and spare.role == "method" else ())


def find_rivals(family: Family, series: Measured, baseline: str) -> tuple[Row, ...]:
    """Methods in their first form whose answer will do where the baseline's does, or whose objective rivals it.

    Beside an exact baseline the family's main rows alone may be approximate: how much less work the others do is told
    with what they lose, where accuracy is.
    """
    kind = series.row(baseline)
    assert kind is not None
    wanted = next(((*q.computes, *q.rivals) for q in family.questions if kind.computes in q.computes), (kind.computes,))
    any_gradient = not family.questions[0].computes and kind.computes not in NOT_GRADIENTS
    main = {*family.card, *(row for headline in family.headlines for row in headline[:2])}
    return tuple(
        row
        for row in series.rows
        if row.role == "method" and row.name != baseline and ":" not in row.name and row.ran
        if row.exact or not kind.exact or row.name in main
        if (row.computes not in NOT_GRADIENTS if any_gradient else row.computes in wanted)
    )


def _compare(analysis: Analysis, series: Series, rival: Row, baseline: str) -> Iterable[Speedup]:
    for cell in rival.ran:
        ratio = analysis.ratio(series, cell.size, baseline, rival.name)
        if ratio is not None:
            word = analysis.verdict(series, cell.size, rival.name, baseline)
            yield Speedup(analysis.key(series), cell.size, rival.name, baseline, ratio, word)
