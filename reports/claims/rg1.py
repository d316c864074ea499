"""RG1: the relative gradient takes O(L D^2), the ordinary one O(L D^3) (Gresele et al. 2020)."""

from ..analysis import Analysis
from ..points import Series
from ..statistics import Exponent
from ..text import write_estimate, write_size
from ._cells import at_series, list_main
from ._claim import SWEEPS, Claim, Evidence
from ._effects import exact, of_exponent
from ._rule import Limits

# How far a fitted exponent may lie from its power: caches and blocking of a real machine, not another power.
TOLERANCE = 0.15
POWERS = {"relative": 2, "inverse": 3, "jacobian_autodiff": 3, "slogdet_autodiff": 3}
# The paper's automatic differentiation is that of the network's Jacobian.
BESIDE = ("slogdet_autodiff",)


def measure(analysis: Analysis) -> list[Evidence]:
    """Fitted exponents of each series."""
    return [_judge(analysis, series, *power) for series in list_main(analysis, "logdet") for power in POWERS.items()]


def _judge(analysis: Analysis, series: Series, row: str, power: int) -> Evidence:
    """An O() is a bound from above: growth below it over a range says where the range ends, not that it is wrong."""
    where, counts = at_series(analysis, series), row not in BESIDE
    what = f"exponent of {row} in {series.axis}, {power} by the paper"
    fit = analysis.exponent(series, row) if row in analysis.rows(series) else None
    if fit is None:
        return Evidence(what, "never ran", counts=counts, where=where)
    limits = Limits(power - TOLERANCE, power + TOLERANCE, fails_above=power + TOLERANCE)
    if fit.estimate.undetermined:
        text, reason, effect = fit.reason or "no interval", "", exact(float("nan"))
    else:
        (text, reason), effect = _describe(analysis, series, row, fit, power), of_exponent(fit)
    return Evidence(what, text, (effect,), limits, unit="exponent", counts=counts, where=where, reason=reason)


def _describe(analysis: Analysis, series: Series, row: str, fit: Exponent, power: int) -> tuple[str, str]:
    span = f"{series.axis} = {write_size(fit.size_range[0])} to {write_size(fit.size_range[1])}"
    text = f"p = {write_estimate(fit.estimate)} over {span}"
    slopes = analysis.slopes(series, row)
    if not slopes or fit.estimate.high >= power - TOLERANCE:
        return text, ""
    last = slopes[-1]
    rises = "still rises" if last.estimate.value > fit.estimate.value else "is below it too"
    text += (
        f"; the local slope {rises}, {write_estimate(last.estimate)} between {write_size(last.size_below)} and "
        f"{write_size(last.size_above)}"
    )
    return text, "the leading term does not rule in this range"


CLAIM = Claim(
    id="RG1",
    family="logdet",
    paper="Gresele et al. 2020",
    words="The relative gradient takes O(L D²) operations: “an overall quadratic scaling with the input size”; the "
    "ordinary gradient, by inverse or by automatic differentiation, scales as O(L D³).",
    quoted=False,
    short="The relative gradient scales with D², the ordinary one with D³.",
    figure="sections 2.3, 3 and 4.1",
    printed="O(L D²) against O(L D³); no fitted exponent",
    threshold=f"fitted exponents within {TOLERANCE} of 2 and 3; contradicted above, since O() bounds from above",
    command=SWEEPS,
    measure=measure,
)
