"""RG3: memory ends the automatic differentiation of the network's Jacobian (Gresele et al. 2020)."""

import math

from ..analysis import Analysis
from ..points import Point, Series
from ..text import write_bytes, write_seconds, write_size
from ._cells import at_series
from ._claim import SWEEPS, Claim, Evidence
from ._effects import at_least, exact
from ._rule import Effect, Limits

ROW = "jacobian_autodiff"
# Calls of this profile have no limit of time: what ends them is what would end a user who waits.
PATIENT = "patient"
# The paper's largest dimension: what runs there has run throughout.
LARGEST = 20_000
# Reasons that say where a method's reach ends; `wrong` and `error` say something else.
CAPACITY = ("skipped", "over_budget", "oom", "timeout")
LIMITS = Limits(low=1.0, fails_below=1.0)


def measure(analysis: Analysis) -> list[Evidence]:
    """Where `jacobian_autodiff` ends, and whether memory is what ends it."""
    return [_judge(analysis, series) for series in analysis.series("logdet") if ROW in analysis.rows(series)]


def _judge(analysis: Analysis, series: Series) -> Evidence:
    """Effect: the memory needed where it ends, over the machine's."""
    where, what = at_series(analysis, series), f"memory that {ROW} needs where it ends, over the machine's"
    patient = _list_patient(analysis, series)
    points = analysis.points(series, ROW)
    ran = {p.size for p in points if p.ok} | {size for size, outcome in patient.items() if outcome == "ok"}
    ended = _find_end(points, patient, ran)
    if not ran and ended is None:
        return Evidence(what, "ran at no size", where=where)
    text = _describe_reach(analysis, series, ran, patient)
    if ended is None:
        return Evidence(
            what, f"{text}, the largest size tried", (_leave(analysis, series, max(ran)),), LIMITS, where=where
        )
    effect, why = _explain(analysis, series, ended)
    said = f"{ended.outcome} at {write_size(ended.size)}: {ended.reason or 'no reason recorded'} ({why})"
    return Evidence(what, f"{text}; {said}", (effect,), LIMITS, where=where)


def _list_patient(analysis: Analysis, series: Series) -> dict[float, str]:
    """Outcome by size of the calls without a limit of time."""
    frame, place = analysis.run.frame, series.place
    lines = frame[(frame["profile"] == PATIENT) & (frame["family"] == series.family) & (frame["row"] == ROW)]
    found: dict[float, str] = {}
    for line in lines.to_dict("records"):
        sizes = dict(line["sizes"])
        here = tuple(line[name] for name in ("machine", "backend", "device", "dtype"))
        fixed = {letter: value for letter, value in sizes.items() if letter != series.axis}
        if here == (place.machine, place.backend, place.device, place.dtype) and fixed == dict(series.fixed):
            size = float(sizes[series.axis])
            found[size] = line["outcome"] if found.get(size, "ok") == "ok" else found[size]
    return found


def _find_end(points: list[Point], patient: dict[float, str], ran: set[float]) -> Point | None:
    """The smallest size that did not run, but none that impatience alone ended where a patient call went further."""
    furthest = max(patient, default=0.0)
    for point in points:
        waited = point.size in patient or point.size > furthest or point.limit == "memory"
        if point.size not in ran and point.outcome in CAPACITY and waited:
            return point
    return None


def _describe_reach(analysis: Analysis, series: Series, ran: set[float], patient: dict[float, str]) -> str:
    if not ran:
        return "ran at no size"
    largest = max(ran)
    text = f"ran up to {series.axis} = {write_size(largest)}"
    point = analysis.point(series, largest, ROW)
    if point is not None and point.ok:
        text += f" ({write_seconds(point.seconds)}, peak {write_bytes(point.peak_bytes)})"
    return f"{text}, without a limit of time" if largest in patient else text


def _leave(analysis: Analysis, series: Series, largest: float) -> Effect:
    """It never ended: below the paper's range nobody knows what would have."""
    share = _share(analysis, series, analysis.point(series, largest, ROW), "peak_bytes")
    share = share if math.isfinite(share) and share < 1 else 0.0
    return exact(share) if largest >= LARGEST else at_least(share)


def _explain(analysis: Analysis, series: Series, ended: Point) -> tuple[Effect, str]:
    share = _share(analysis, series, ended, "predicted_bytes")
    if ended.outcome == "oom":
        return at_least(max(share, 1.0) if math.isfinite(share) else 1.0), "memory ended it"
    if ended.limit == "memory":
        return exact(share), "memory was predicted to end it"
    if ended.limit == "time":
        return at_least(share if share < 1 else math.nan), "our limit of time ended it before memory could"
    return exact(math.nan), "neither time nor memory is named"


def _share(analysis: Analysis, series: Series, point: Point | None, name: str) -> float:
    """Bytes over the machine's memory; NaN where either is not known."""
    memory = analysis.memory_bytes(series.place)
    return getattr(point, name) / memory if point is not None and memory else math.nan


CLAIM = Claim(
    id="RG3",
    family="logdet",
    paper="Gresele et al. 2020",
    words="“Autodiff computations could actually only be performed for the smallest dimension due to a memory "
    "problem.”",
    short="Memory, not time, ends autodiff of the Jacobian.",
    figure="section 5, figure 1 (left)",
    printed="autodiff at the smallest dimension only, on a GPU of the time",
    threshold="what it needs where it ends is at least the machine's memory; a limit of time settles nothing",
    command=f"{SWEEPS}; {SWEEPS.replace('standard', PATIENT)}",
    measure=measure,
)
