"""Claims RG1 to RG3: the relative gradient (Gresele et al. 2020)."""

from collections.abc import Sequence

import numpy as np

from ..analysis import Analysis
from ..points import Series
from ..statistics import Estimate, consistent_with
from ..text import write_bytes, write_estimate, write_ratio, write_seconds, write_size
from ._claim import Finding, claim

# "Of the order of 100": nearer to 100 than to 10 or 1,000.
ORDER_OF_100 = (10**1.5, 10**2.5)
# "Rather constant": no two sizes further apart than a factor two.
CONSTANT = 2.0

GRESELE = "Gresele et al. 2020"


@claim(
    "RG1",
    "logdet",
    GRESELE,
    "The relative gradient takes O(L D²) operations: “an overall quadratic scaling with the input size”; the "
    "ordinary gradient, by "
    "inverse or by automatic differentiation, scales as O(L D³).",
    "sections 2.3, 3 and 4.1",
    "python -m benchmarks run --profile standard",
)
def measure_exponents(analysis: Analysis) -> list[Finding]:
    """RG1: fitted exponents within 0.15 of 2 and 3."""
    predicted = {"relative": 2, "inverse": 3, "jacobian_autodiff": 3, "slogdet_autodiff": 3}
    findings = []
    for series in analysis.series("logdet"):
        for row, power in predicted.items():
            fit = analysis.exponent(series, row) if row in analysis.rows(series) else None
            what = f"{row} against {series.axis}{'²' if power == 2 else '³'}"
            # The paper's automatic differentiation is that of the network's Jacobian.
            counts = row != "slogdet_autodiff"
            if fit is None:
                findings.append(Finding(series, what, "never ran", "not run", counts))
            elif fit.estimate.undetermined:
                findings.append(Finding(series, what, fit.reason or "no interval", "undetermined", counts))
            else:
                findings.append(_judge_exponent(analysis, series, row, power, what, counts))
    return findings


def _judge_exponent(analysis: Analysis, series: Series, row: str, power: int, what: str, counts: bool) -> Finding:
    fit = analysis.exponent(series, row)
    assert fit is not None
    span = f"{series.axis} = {write_size(fit.size_range[0])} to {write_size(fit.size_range[1])}"
    text = f"p = {write_estimate(fit.estimate)} over {span}"
    word, short = consistent_with(power, fit.estimate), f"{row} {write_estimate(fit.estimate)}"
    if word != "inconsistent":
        return Finding(series, what, text, {"consistent": "reproduced"}.get(word, word), counts, short)
    if fit.estimate.value > power:
        return Finding(series, what, text, "contradicted", counts, short)
    # An O() is a bound from above: slower growth over a range of sizes says where the range ends, not that it is wrong.
    slopes = analysis.slopes(series, row)
    if slopes:
        last = slopes[-1]
        rises = "still rises" if last.estimate.value > fit.estimate.value else "is below it too"
        text += (
            f"; the local slope {rises}, {write_estimate(last.estimate)} between {write_size(last.size_below)} and "
            f"{write_size(last.size_above)}: the leading term does not rule in this range"
        )
    return Finding(series, what, text, "undetermined", counts, short)


@claim(
    "RG2",
    "logdet",
    GRESELE,
    "“The relative gradient is much faster, typically by two orders of magnitude”; “a rather constant speed-up "
    "factor of the order "
    "of 100 although the theory says it should be changing with the dimension D”.",
    "section 5, figure 1 (left)",
    "python -m benchmarks run --profile standard",
)
def measure_speedups(analysis: Analysis) -> list[Finding]:
    """RG2: speed-ups of `relative` of the order of 100, and constant over D."""
    findings = []
    for series in analysis.series("logdet"):
        for baseline in ("inverse", "jacobian_autodiff", "slogdet_autodiff"):
            counts = baseline != "slogdet_autodiff"
            known = [(d, r) for d in analysis.sizes(series) if (r := analysis.ratio(series, d, baseline, "relative"))]
            if not known:
                findings.append(
                    Finding(series, f"relative against {baseline}", "not timed side by side", "not run", counts)
                )
                continue
            findings.append(_judge_order(series, baseline, known, counts))
            findings.append(_judge_constancy(series, baseline, known, counts))
    return findings


def model_speedup(series: Series, sizes: np.ndarray) -> np.ndarray | None:
    """The FLOP model of inverse / relative for two layers: 0.75 + D / (3 B)."""
    batch = series.size("B")
    return 0.75 + np.asarray(sizes, dtype=float) / (3 * batch) if series.axis == "D" and batch else None


def _judge_order(series: Series, baseline: str, known: Sequence[tuple[float, Estimate]], counts: bool) -> Finding:
    low, high = ORDER_OF_100
    within = [d for d, r in known if r.low >= low and r.high <= high]
    outside = [d for d, r in known if r.high < low or r.low > high]
    (first, at_first), (last, at_last) = known[0], known[-1]
    text = (
        f"{write_ratio(at_first)} × at {series.axis} = {write_size(first)}, {write_ratio(at_last)} × at "
        f"{write_size(last)}; "
        f"within {low:.0f} to {high:.0f} at {len(within)} of {len(known)} sizes"
    )
    typical = len(known) / 2
    verdict = "reproduced" if len(within) > typical else "contradicted" if len(outside) > typical else "undetermined"
    least, most = min(known, key=lambda k: k[1].value)[1], max(known, key=lambda k: k[1].value)[1]
    short = f"{write_ratio(least)} × to {write_ratio(most)} × over {baseline}"
    return Finding(series, f"order of 100, against {baseline}", text, verdict, counts, short)


def _judge_constancy(series: Series, baseline: str, known: Sequence[tuple[float, Estimate]], counts: bool) -> Finding:
    known = [(d, r) for d, r in known if not r.undetermined]
    if len(known) < 3:
        return Finding(
            series, f"constant, against {baseline}", "fewer than three sizes with an interval", "undetermined", counts
        )
    smallest, largest = min(known, key=lambda k: k[1].high), max(known, key=lambda k: k[1].low)
    lowest, highest = min(r.low for _, r in known), max(r.high for _, r in known)
    text = (
        f"from {write_ratio(smallest[1])} × at {series.axis} = {write_size(smallest[0])} to "
        f"{write_ratio(largest[1])} × at "
        f"{write_size(largest[0])}"
    )
    model = model_speedup(series, np.array([d for d, _ in known]))
    if baseline == "inverse" and model is not None:
        large = [j for j, (d, _) in enumerate(known) if d >= (series.size("B") or 0)]
        if large:
            off = float(np.median([abs(np.log(known[j][1].value / model[j])) for j in large]))
            text += f"; the line 0.75 + D/(3B) is met within a factor {np.exp(off):.2f} (median, D ≥ B)"
    spread = largest[1].low / smallest[1].high
    verdict = "reproduced" if highest / lowest <= CONSTANT else "contradicted" if spread > CONSTANT else "undetermined"
    return Finding(series, f"constant, against {baseline}", text, verdict, counts)


@claim(
    "RG3",
    "logdet",
    GRESELE,
    "“Autodiff computations could actually only be performed for the smallest dimension due to a memory problem.”",
    "section 5, figure 1 (left)",
    "python -m benchmarks run --profile standard",
)
def measure_frontier(analysis: Analysis) -> list[Finding]:
    """RG3: where `jacobian_autodiff` ends, and whether memory is what ends it."""
    return [
        _judge_frontier(analysis, series, "jacobian_autodiff")
        for series in analysis.series("logdet")
        if "jacobian_autodiff" in analysis.rows(series)
    ]


def _judge_frontier(analysis: Analysis, series: Series, row: str) -> Finding:
    frontier, failure = analysis.frontier(series, row), analysis.first_failure(series, row)
    axis, what = series.axis, f"where {row} ends"
    if frontier.largest_ok is None:
        return Finding(series, what, "ran at no size", "undetermined" if failure else "not run")
    last = analysis.point(series, frontier.largest_ok, row)
    assert last is not None
    reached = f"ran up to {axis} = {write_size(frontier.largest_ok)}"
    if last.ok:
        reached += f" ({write_seconds(last.seconds)}, peak {write_bytes(last.peak_bytes)})"
    if failure is None:
        return Finding(series, what, f"{reached}, the largest size tried", "contradicted", short=reached)
    smallest = analysis.sizes(series)[0]
    ended = f"{reached}; {failure.outcome} at {write_size(failure.size)}: {failure.reason or 'no reason recorded'}"
    if failure.limit == "memory":
        hit = "memory hit" if failure.outcome == "oom" else "memory predicted"
        verdict = "reproduced" if failure.outcome == "oom" else "undetermined"
        limit = analysis.memory_bytes(series.place)
        if verdict == "undetermined" and limit and failure.predicted_bytes > limit:
            verdict = "reproduced"
        note = "" if frontier.largest_ok == smallest else f", though beyond the smallest size, {write_size(smallest)}"
        return Finding(
            series,
            what,
            f"{ended} ({hit}{note})",
            verdict,
            short=f"{reached}, then {hit} at {write_size(failure.size)}",
        )
    if failure.limit == "time":
        return Finding(
            series,
            what,
            f"{ended} (the time budget ended it before memory could)",
            "undetermined",
            short=f"{reached}, then out of time",
        )
    return Finding(series, what, ended, "undetermined")
