"""After how many calls a compiled form has paid for its compilation."""

import math
from dataclasses import dataclass

from ..analysis import Analysis
from ..points import Point, Series, find_middle
from ..statistics import Estimate, estimate_payoff
from .series import AtSize, Measured, choose_sweeps, find_keys


@dataclass(frozen=True)
class Payoff(AtSize):
    """A compiled form beside its eager one at a size. `verdict`: is the compiled one faster.

    setup_s   seconds that it spends more than eager before the steady state, nothing cached; NaN where not timed
    ratio     time(eager) / time(compiled)
    calls     after how many of them the set-up is paid, None where it is not faster or its set-up is not known
    """

    eager: str
    setup_s: float
    ratio: Estimate
    verdict: str
    calls: Estimate | None


def digest_payoffs(analysis: Analysis, name: str, measured: tuple[Measured, ...]) -> tuple[Payoff, ...]:
    """Of every sweep, compiled row and size where both forms were timed in the same rounds."""
    keys = find_keys(analysis, name)
    return tuple(
        payoff
        for series in choose_sweeps(measured)
        for row in series.rows
        if row.name.endswith(":compiled")
        for cell in row.ran
        if (payoff := _weigh(analysis, keys[series.key], cell.size, row.name)) is not None
    )


def _weigh(analysis: Analysis, series: Series, size: float, row: str) -> Payoff | None:
    base = row.partition(":")[0]
    compiled, eager = analysis.point(series, size, row), analysis.point(series, size, base)
    ratio = analysis.ratio(series, size, base, row)
    if compiled is None or eager is None or ratio is None:
        return None
    setups = [setup - find_middle(_find_setups(eager)) for setup in _find_setups(compiled)]
    more = find_middle(setups)
    word = analysis.verdict(series, size, row, base)
    calls = _count_calls(setups, more, compiled, ratio) if word == "faster" and setups else None
    return Payoff(analysis.key(series), size, row, base, more, ratio, word, calls)


def _count_calls(setups: list[float], more: float, compiled: Point, ratio: Estimate) -> Estimate:
    if more <= 0:
        return Estimate(1.0, math.nan, math.nan, len(setups))
    # Where some process spent less than eager the others say nothing of how they spread.
    return estimate_payoff(setups if min(setups) > 0 else [more], compiled.seconds, ratio)


def _find_setups(point: Point) -> list[float]:
    """Seconds before the steady state, of each process that found nothing cached: build, compile and what the first
    call takes beyond a later one.

    `torch.compile` compiles inside the first call, JAX while it builds: it counts once. Empty where a compiled row has
    no such process.
    """
    inside = 1.0 if point.form == "compiled" else 0.0
    return [
        _known(start.build_s)
        + max(inside * _known(start.compile_cold_s), _known(start.first_call_s) - point.seconds.value, 0.0)
        for start in point.cold_starts
    ]


def _known(seconds: float) -> float:
    return 0.0 if math.isnan(seconds) else seconds
