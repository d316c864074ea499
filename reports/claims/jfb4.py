"""JFB4: memory of implicit methods does not know the depth, that of unrolled ones does (Wu Fung et al. 2022)."""

from ..analysis import Analysis
from ..group import group_by
from ..points import Group, Place, Series
from ..text import write_bytes, write_size
from ._cells import at_place, list_places, name_cell
from ._claim import SWEEPS, Claim, Evidence
from ._effects import of_exponent, of_slope
from ._rule import Limits
from ._training import WU_FUNG

# How far a fitted slope may lie from 0 and from 1: that of the other claims' exponents.
TOLERANCE = 0.15
FLAT = Limits(-TOLERANCE, TOLERANCE, -TOLERANCE, TOLERANCE)
# A floor that every call has makes a line flatter at the small depths: between flat and linear nothing is settled.
LINEAR = Limits(1 - TOLERANCE, 1 + TOLERANCE, TOLERANCE, 1 + TOLERANCE)
# gmres keeps a basis: by design its memory knows its iterations, up to a restart.
ITERATIVE = {"neumann": True, "cg_published": True, "cg": True, "gmres": False}
UNROLLED = {"unrolled": True, "unrolled_checkpointed": False}
FEWEST = 3
UNIT = "slope"


def measure(analysis: Analysis) -> list[Evidence]:
    """Slopes of log peak bytes: by the depth K of an unrolled iteration, by the iterations of implicit methods."""
    found = [
        [_judge_unrolled(analysis, place, *row) for row in UNROLLED.items()] + _judge_iterative(analysis, place)
        for place in list_places(analysis, "implicit")
    ]
    # A place where large sizes alone were measured, and nothing unrolled, has nothing to say beside another.
    told = [findings for findings in found if any(f.effects for f in findings)]
    return [finding for findings in told or found for finding in findings]


def _judge_unrolled(analysis: Analysis, place: Place, stem: str, counts: bool) -> Evidence:
    """With the largest states where most depths ran."""
    climbed = [
        (series, size, ladder)
        for series in analysis.series("implicit")
        if series.place == place
        for ladder, size in analysis.climbs(series)
        if ladder.stem == stem
    ]
    what, where = f"slope of the peak memory of {stem} in its depth", at_place(analysis, place, "implicit")
    if not climbed:
        return Evidence(what, f"fewer than {FEWEST} depths ran", counts=counts, where=where)
    series, size, ladder = max(climbed, key=lambda c: c[1] * (c[0].size("B") or 1))
    ran = [(value, p.peak_bytes) for value, p in analysis.climb(series, size, ladder) if p.peak_bytes > 0]
    if len(ran) < 2:
        return Evidence(what, "no peak memory was recorded", counts=counts, where=where)
    # The power of a floor and a power of K; from too few depths for a floor, the slope of a straight line.
    effect, how = of_slope(*zip(*ran, strict=True)), "without a floor"
    law = analysis.ladder_memory(series, size, ladder)
    if law is not None and not law.estimate.undetermined:
        effect, how = of_exponent(law), "beside a floor"
    (first, below), (last, above) = ran[0], ran[-1]
    text = (
        f"{write_bytes(below)} at K = {write_size(first)} to {write_bytes(above)} at K = {write_size(last)}, {how} "
        f"({name_cell(analysis, series, size)})"
    )
    jfb = analysis.point(series, size, "jfb")
    if jfb is not None and jfb.peak_bytes > 0:
        text += f"; jfb {write_bytes(jfb.peak_bytes)}"
    reason = f"{len(ran)} depths {how} settle no more"
    return Evidence(what, text, (effect,), LINEAR, unit=UNIT, counts=counts, where=where, reason=reason)


def _judge_iterative(analysis: Analysis, place: Place) -> list[Evidence]:
    """Over cells of one size that need few and many iterations."""
    group = next(group for group in analysis.groups("implicit") if group.place == place)
    # Only what solves for parameters of the same shapes can be compared: a convolution has others than a matrix.
    jfbs = {series: analysis.point(series, group.size, "jfb") for series in group.series}
    peaks = {series: jfb.formula_peak_bytes for series, jfb in jfbs.items() if jfb is not None}
    shapes = group_by((series for series, peak in peaks.items() if peak > 0), lambda series: peaks[series])
    alike = max(shapes.values(), key=len, default=[])
    return [_judge_growth(analysis, group, alike, row, counts) for row, counts in ITERATIVE.items()]


def _judge_growth(analysis: Analysis, group: Group, alike: list[Series], row: str, counts: bool) -> Evidence:
    points = (analysis.point(series, group.size, row) for series in alike)
    known = [p for p in points if p is not None and p.peak_bytes > 0 and p.quality.iterations_max > 0]
    what = f"slope of the peak memory of {row} in its iterations"
    where = at_place(analysis, group.place, "implicit")
    if len(known) < FEWEST:
        return Evidence(what, f"fewer than {FEWEST} cells of one size ran", counts=counts, where=where)
    depths, peaks = [p.quality.iterations_max for p in known], [p.peak_bytes for p in known]
    text = (
        f"{write_bytes(min(peaks))} to {write_bytes(max(peaks))} over {min(depths):g} to {max(depths):g} iterations, "
        f"in {len(known)} cells"
    )
    if {p.peak_instrument for p in known} == {"memory_analysis"}:
        # What a compiled program reserves for a loop is the same however often it turns: constant by construction.
        text += ", by the compiled program, which cannot know how often its loop turns"
        counts = False
    return Evidence(what, text, (of_slope(depths, peaks),), FLAT, unit=UNIT, counts=counts, where=where)


CLAIM = Claim(
    id="JFB4",
    family="implicit",
    paper=WU_FUNG,
    words="“… implicit networks are trained using constant memory costs with respect to depth”; of feedforward "
    "networks the “memory requirements scale linearly with depth”.",
    short="Implicit networks need constant memory in depth, unrolled ones linear.",
    figure="section “Why Implicit Networks?” and abstract",
    printed="constant against linear; no figure",
    threshold=f"slope of log memory in log depth within {TOLERANCE} of 0 for implicit methods and of 1 for unrolled "
    f"ones; these are contradicted below {TOLERANCE} or above {1 + TOLERANCE}",
    command=SWEEPS,
    measure=measure,
)
