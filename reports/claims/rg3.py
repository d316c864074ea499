"""RG3: memory ends the automatic differentiation of the network's Jacobian (Gresele et al. 2020)."""

import math
from collections.abc import Sequence

from ..analysis import Analysis
from ..points import Point, Series
from ..text import write_bytes, write_seconds, write_size
from ._cells import at_series, list_main
from ._claim import PATIENT, SWEEPS, Claim, Evidence
from ._effects import at_least, exact
from ._rule import Effect, Limits

ROW = "jacobian_autodiff"
# The paper's largest dimension: what runs there has run throughout.
LARGEST = 20_000
# Reasons that say where a method's reach ends; `wrong` and `error` say something else.
CAPACITY = ("skipped", "over_budget", "oom", "timeout")
LIMITS = Limits(low=1.0, fails_below=1.0)
UNIT = "× the device's memory"


def measure(analysis: Analysis) -> list[Evidence]:
    """Where `jacobian_autodiff` ends, and whether memory is what ends it."""
    return [_judge(analysis, series) for series in list_main(analysis, "logdet") if ROW in analysis.rows(series)]


def _judge(analysis: Analysis, series: Series) -> Evidence:
    """Effect: the memory needed where it ends, over the device's."""
    where, what = at_series(analysis, series), f"memory that {ROW} needs where it ends, over the device's"
    points = analysis.points(series, ROW)
    ran, ended = [point for point in points if point.ok], _find_end(points)
    if not ran and ended is None:
        return Evidence(what, "ran at no size", where=where)
    text, memory = _describe_reach(series, ran), analysis.memory_bytes(series.place) or math.nan
    if ended is None:
        effect = _leave(ran[-1], ran[-1].peak_bytes / memory)
        return Evidence(what, text, (effect,), LIMITS, unit=UNIT, where=where, reason="no larger size was tried")
    effect, reason = _explain(ended, ended.predicted_bytes / memory)
    said = f"{ended.outcome} at {write_size(ended.size)}: {ended.reason or 'no reason recorded'}"
    said += _find_refusal(series, points, ended)
    return Evidence(what, f"{text}; {said}", (effect,), LIMITS, unit=UNIT, where=where, reason=reason)


def _find_end(points: Sequence[Point]) -> Point | None:
    """The smallest size that did not run, but none that impatience alone ended where a patient call went further: those
    have no limit of time, and what ends them is what would end a user who waits.
    """
    furthest = max((point.size for point in points if point.patient), default=0.0)
    for point in points:
        waited = point.patient or point.size > furthest or point.limit == "memory"
        if point.outcome in CAPACITY and waited:
            return point
    return None


def _find_refusal(series: Series, points: Sequence[Point], ended: Point) -> str:
    """Where time ended it on a GPU, the first larger size that memory refuses: there no patience helps.

    A card is at hand for minutes, so that its calls have a shorter limit than those of a processor.
    """
    asked = ended.limit == "time" and series.place.device != "cpu"
    larger = [p for p in points if p.size > ended.size and p.limit == "memory"] if asked else []
    return f"; {larger[0].outcome} at {write_size(larger[0].size)}: {larger[0].reason}" if larger else ""


def _describe_reach(series: Series, ran: list[Point]) -> str:
    if not ran:
        return "ran at no size"
    last = ran[-1]
    told = f"{write_seconds(last.seconds)}, peak {write_bytes(last.peak_bytes)}"
    text = f"ran up to {series.axis} = {write_size(last.size)} ({told})"
    return f"{text}, without a limit of time" if last.patient else text


def _leave(last: Point, share: float) -> Effect:
    """It never ended: below the paper's range nobody knows what would have. `share` of the memory, NaN if not known."""
    share = share if share < 1 else 0.0
    return exact(share) if last.size >= LARGEST else at_least(share)


def _explain(ended: Point, share: float) -> tuple[Effect, str]:
    if ended.outcome == "oom":
        return at_least(max(share, 1.0) if math.isfinite(share) else 1.0), ""
    if ended.limit == "memory":
        return exact(share), "memory was predicted to end it, and is not all used"
    if ended.limit == "time":
        return at_least(share if share < 1 else math.nan), "our limit of time ended it before memory could"
    return exact(math.nan), "neither time nor memory is named"


CLAIM = Claim(
    id="RG3",
    family="logdet",
    paper="Gresele et al. 2020",
    words="“Autodiff computations could actually only be performed for the smallest dimension due to a memory "
    "problem.”",
    short="Memory, not time, ends autodiff of the Jacobian.",
    figure="section 5, figure 1 (left)",
    printed="autodiff at the smallest dimension only, on a GPU of the time",
    threshold="what it needs where it ends is at least the memory of its device; a limit of time settles nothing",
    command=f"{SWEEPS}; {PATIENT}",
    measure=measure,
)
