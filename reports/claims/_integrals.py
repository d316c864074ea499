"""What claims JN1 to JN3 share: the functions that the line_integral study learned, from all seeds."""

import math
from collections.abc import Callable, Sequence

from ..studies import Study
from ._claim import Evidence, missing

LORRAINE = "Lorraine and Hossain 2022"
STUDY = "line-integral-training"
CONSTRAINED = ("gauss_legendre", "dopri5_fixed", "dopri5_annealed")
CONTROL = "unconstrained"


def list_ends(study: Study, methods: Sequence[str], *when: str) -> list[dict]:
    """What was recorded of each trained function, `initial` or `final`."""
    return [row[w] for m in methods if m in study.methods for w in when for row in study.of(m) if row.get(w)]


def extreme(pick: Callable[[list], float], values: Sequence[float | None]) -> float:
    """The least or the largest; NaN, which no verdict is drawn from, where one is not known."""
    known = [value for value in values if value is not None]
    return pick(known) if known and len(known) == len(values) else math.nan


def not_trained(what: str, data: str) -> Evidence:
    """A part whose study was not loaded."""
    return missing(what, f"no training study of {data} was loaded")
