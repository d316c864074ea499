"""JN4: Kronecker factors make the inverse cheap (Lorraine and Hossain 2022)."""

import math

from ..analysis import Analysis
from ..points import Place, Series
from ..statistics import Ratio
from ..text import write_ratio, write_size
from ._cells import at_place, list_places
from ._claim import SWEEPS, Claim, Evidence
from ._effects import of_ratio
from ._integrals import LORRAINE
from ._rule import longer

FACTORS = "inverse_kronecker_rk4"
SOLVERS = ("lu", "cholesky")
# Where another inverse of J takes the whole to less than half, inverting J was more than half.
BOTTLENECK = 2.0


def measure(analysis: Analysis) -> list[Evidence]:
    """The inverse by LU and by Cholesky over that by Kronecker factors, by dimension."""
    return [_judge(analysis, place, solver) for place in list_places(analysis, "line_integral") for solver in SOLVERS]


def check(analysis: Analysis) -> bool | None:
    """Whether inverting J took more than half of the inverse by LU, at the largest dimension of each kind of J."""
    last = [
        known[-1][1].low
        for place in list_places(analysis, "line_integral")
        for _, known in _list_ratios(analysis, place, "lu")
    ]
    return None if not last or any(map(math.isnan, last)) else min(last) > BOTTLENECK


def _list_ratios(analysis: Analysis, place: Place, solver: str) -> list[tuple[Series, list[tuple[float, Ratio]]]]:
    """By kind of J and batch, by dimension."""
    found, row = [], f"inverse_{solver}_rk4"
    for series in analysis.series("line_integral"):
        sizes = analysis.sizes(series) if series.place == place else ()
        known = [(d, ratio) for d in sizes if (ratio := analysis.ratio(series, d, row, FACTORS)) is not None]
        found += [(series, known)] if known else []
    return found


def _judge(analysis: Analysis, place: Place, solver: str) -> Evidence:
    """Cheaper at the largest dimension where both ran, of every kind of J."""
    what = f"time of an inverse by {solver} over one by Kronecker factors, at the largest d of each J, the least"
    where = at_place(analysis, place, "line_integral")
    told, effects = [], []
    for series, known in _list_ratios(analysis, place, solver):
        (first, at_first), (last, at_last) = known[0], known[-1]
        effects.append(of_ratio(analysis, series, at_last))
        start = f"{write_ratio(at_first)} × at d = {write_size(first)}, " if len(known) > 1 else ""
        cell = f"{series.size('J')}, B = {write_size(series.size('B'))}:"
        told.append(f"{cell} {start}{write_ratio(at_last)} × at d = {write_size(last)}")
    if not told:
        return Evidence(what, "not timed side by side", where=where)
    limits = longer(analysis.margin(place))
    return Evidence(what, "; ".join(told), tuple(effects), limits, unit="×", where=where)


CLAIM = Claim(
    id="JN4",
    family="line_integral",
    paper=LORRAINE,
    words="“If the computational bottleneck is inverting J, we propose to learn a matrix which is easily invertible "
    "(e.g., Kronecker factors of J).”",
    short="Where inverting J is the bottleneck, Kronecker factors make it cheap.",
    figure="section 4.3",
    printed="a proposal; no number",
    threshold="at the largest dimension of each kind of J, an inverse by LU and by Cholesky longer than one by factors "
    "by more than the noise margin of the place",
    command=SWEEPS,
    assumption="inverting J is the bottleneck: factors take the whole inverse to less than half of its time by LU",
    check=check,
    measure=measure,
)
