"""Sizes where a method overtakes what users run today."""

from dataclasses import dataclass

from ..analysis import Analysis
from ..group import group_by
from ..statistics import Estimate
from .series import Measured, find_keys
from .speedups import Speedup


@dataclass(frozen=True)
class Crossing:
    """The size where `row` and `baseline` take the same time, and the faster of them above it.

    kind     bracketed: measured on both sides; extrapolated: from two fitted curves, beyond all measured sizes
    bracket  the measured sizes on both sides
    count    crossings that were found; this is the one at the largest size
    """

    series: str
    row: str
    baseline: str
    size: Estimate
    kind: str
    bracket: tuple[float, float] | None
    above: str
    count: int


def digest_crossovers(
    analysis: Analysis, name: str, measured: tuple[Measured, ...], speedups: tuple[Speedup, ...]
) -> tuple[Crossing, ...]:
    """Of every pair of the speed-ups that may cross."""
    keys = find_keys(analysis, name)
    pairs = group_by(speedups, lambda speedup: (speedup.series, speedup.row, speedup.baseline))
    found = []
    for (key, row, baseline), known in pairs.items():
        crossing = analysis.crossover(keys[key], row, baseline) if _may_cross(measured, known) else None
        # Without an upper bound it may lie anywhere, or nowhere.
        if crossing is None or crossing.estimate.high == float("inf"):
            continue
        above = {"a": row, "b": baseline}[crossing.winner_above]
        found.append(
            Crossing(key, row, baseline, crossing.estimate, crossing.kind, crossing.bracket, above, crossing.count)
        )
    return tuple(found)


def _may_cross(measured: tuple[Measured, ...], known: list[Speedup]) -> bool:
    """Whether the ratio was on both sides of 1, or both curves can be followed beyond the last size."""
    if any(s.ratio.low > 1 for s in known) and any(s.ratio.high < 1 for s in known):
        return True
    series = next(series for series in measured if series.key == known[0].series)
    rows = (series.row(name) for name in (known[0].row, known[0].baseline))
    return all(row is not None and row.exponent is not None and not row.exponent.undetermined for row in rows)
