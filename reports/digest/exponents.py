"""How the time grows with the size, where that is known to less than one power."""

from dataclasses import dataclass

from ..analysis import Analysis
from ..families import FAMILIES
from ..statistics import Estimate, consistent_with
from .series import Measured, choose_sweeps, find_keys

# A wider interval holds a neighbouring power as well: it says nothing.
WIDEST = 1.0


@dataclass(frozen=True)
class Growth:
    """The fit time = floor + c · Dᵖ of a row: `fitted` is p, `predicted` that of its formula or None.

    `verdict` is consistent where the whole interval is near the prediction, inconsistent where all of it is not.
    """

    series: str
    row: str
    predicted: float | None
    fitted: Estimate
    floor_s: float
    sizes: int
    first: float
    last: float
    verdict: str


def digest_exponents(analysis: Analysis, name: str, measured: tuple[Measured, ...]) -> tuple[Growth, ...]:
    """Of the rows of every sweep."""
    keys, found = find_keys(analysis, name), []
    for series in choose_sweeps(measured):
        powers = FAMILIES[name].exponents.get(series.axis, {})
        for row in series.rows:
            fit = analysis.exponent(keys[series.key], row.name)
            if fit is None or fit.estimate.undetermined or not fit.estimate.high - fit.estimate.low < WIDEST:
                continue
            power = powers.get(row.method, powers.get("*"))
            verdict = "–" if power is None else consistent_with(power, fit.estimate)
            found.append(
                Growth(series.key, row.name, power, fit.estimate, fit.floor_s, fit.sizes, *fit.size_range, verdict)
            )
    return tuple(found)
