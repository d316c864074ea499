"""Claims JN1 to JN4: functions learned through their Jacobian (Lorraine and Hossain 2022)."""

import math

from ..analysis import Analysis
from ..points import Place
from ..statistics import judge, paired_ratio
from ..studies import Study, pair_seconds, summarise_seeds
from ..text import count, write_error, write_estimate, write_ratio, write_size
from ._claim import Finding, claim

LORRAINE = "Lorraine and Hossain 2022"
TRAINING = "python -m benchmarks study line-integral-training --profile standard --data"
SWEEPS = "python -m benchmarks run --profile standard"
CONSTRAINED = ("gauss_legendre", "dopri5_fixed", "dopri5_annealed")
CONTROL = "unconstrained"
# The function and its inverse compose to the identity within this; and a curve that is this close to another "closely
# matches" it in a figure that spans [-1, 1].
ROUND_TRIP, MATCH = 1e-4, 0.1


def _list_studies(analysis: Analysis, data: str) -> list[Study]:
    return [s for s in analysis.run.studies if s.name == "line-integral-training" and s.data == data]


def _ends(study: Study, method: str, when: str) -> list[dict]:
    return [row[when] for row in study.of(method) if row.get(when)] if method in study.methods else []


def _extreme(pick, values: list[float | None]) -> float:
    """The least or the largest; NaN, which no verdict is drawn from, where one is not known."""
    return math.nan if None in values or not values else pick(values)


def _missing(what: str, data: str) -> Finding:
    return Finding(None, what, f"no training study of {data} was loaded", "not run", needed=True)


@claim(
    "JN1",
    "line_integral",
    LORRAINE,
    "The output activation J Jᵀ + εI “guarantees a non-zero Jacobian determinant”; “the learned inverse of the "
    "prediction function closely matches the true inverse function”; “the unconstrained function is not invertible "
    "everywhere”.",
    "sections 4.2 and 5, figure 1",
    f"{TRAINING} exp",
)
def measure_invertibility(analysis: Analysis) -> list[Finding]:
    """JN1: smallest slopes of the learned exp, the round trip through its inverse, the inverse against log."""
    studies = _list_studies(analysis, "exp")
    if not studies:
        return [_missing("the learned exp is invertible", "exp")]
    findings = []
    for study in studies:
        ends = [end for method in CONSTRAINED for when in ("initial", "final") for end in _ends(study, method, when)]
        least = _extreme(min, [end["slope_min"] for end in ends])
        what = "strictly increasing on [-2, 2], before and after training"
        text = f"smallest slope {least:.3g} over {count(len(ends), 'function')} of {count(len(study.seeds), 'seed')}"
        verdict = "reproduced" if least > 0 else "contradicted" if least <= 0 else "undetermined"
        findings.append(Finding(None, what, text, verdict, short=f"smallest slope {least:.2g}", study=study.data))
        trained = [end for method in CONSTRAINED for end in _ends(study, method, "final")]
        trip, wrong = (_extreme(max, [end[name] for end in trained]) for name in ("round_trip", "inverse_error"))
        verdict = "reproduced" if trip <= ROUND_TRIP else "contradicted" if trip > ROUND_TRIP else "undetermined"
        text = f"largest |x(y(x)) − x| {write_error(trip)} on [-2, 2]"
        findings.append(Finding(None, "the inverse composes to the identity", text, verdict, study=study.data))
        reached = [e for end in _ends(study, "gauss_legendre", "final") if (e := end["inverse_error"]) is not None]
        what, text, verdict = "the learned inverse matches the true one", "no inverse was found", "undetermined"
        if reached:
            typical = summarise_seeds(reached)
            text = (
                f"largest error against log on [1/e, e] {write_estimate(typical)} over the seeds, at worst {wrong:.3g}"
            )
            verdict = "reproduced" if wrong <= MATCH else "contradicted" if typical.value > MATCH else "undetermined"
        findings.append(Finding(None, what, text, verdict, study=study.data))
        control = [s for end in _ends(study, CONTROL, "final") if (s := end["slope_min"]) is not None]
        if control:
            below = sum(value <= 0 for value in control)
            text = f"smallest slope {min(control):.3g}; not above 0 from {below} of {count(len(control), 'seed')}"
            verdict = "reproduced" if below else "contradicted"
            what = "the unconstrained control is not invertible everywhere"
            findings.append(Finding(None, what, text, verdict, counts=False, study=study.data))
    return findings


@claim(
    "JN2",
    "line_integral",
    LORRAINE,
    "The output activation tanh(J) ∈ [-1, 1] “guarantees our prediction function is 1-Lipschitz”.",
    "section 5, figure 2",
    f"{TRAINING} abs; {TRAINING} plane",
)
def measure_slopes(analysis: Analysis) -> list[Finding]:
    """JN2: slopes of the learned |x|, and norms of the Jacobian in the plane."""
    findings = []
    for data, what in (
        ("abs", "slopes within [-1, 1], before and after training"),
        ("plane", "in the plane: norm at most 1"),
    ):
        studies = _list_studies(analysis, data)
        if not studies:
            findings.append(
                _missing(what, data) if data == "abs" else Finding(None, what, "not trained", "not run", False)
            )
        for study in studies:
            ends = [
                end for method in CONSTRAINED for when in ("initial", "final") for end in _ends(study, method, when)
            ]
            slopes = [end[name] for end in ends for name in ("slope_min", "slope_max")]
            largest = _extreme(max, [slope if slope is None else abs(slope) for slope in slopes])
            quantity = "|slope|" if data == "abs" else "norm of J"
            text = f"largest {quantity} {largest:.4g} over {count(len(ends), 'function')}"
            if data == "plane":
                gaps = [row["path_gap"] for m in CONSTRAINED for row in study.of(m) if row["epoch"] == study.epochs]
                text += f"; two paths with one end differ by {min(gaps):.2g} to {max(gaps):.2g} of the result"
            bound = 1 + 1e-9
            verdict = "reproduced" if largest <= bound else "contradicted" if largest > bound else "undetermined"
            short = f"{quantity} at most {largest:.3g}"
            findings.append(Finding(None, what, text, verdict, data == "abs", short, study=data))
    return findings


@claim(
    "JN3",
    "line_integral",
    LORRAINE,
    "“We adaptively alter the tolerances of the integrator, starting with loose tolerances and decreasing them by half "
    "when the training loss is less than the tolerance, which provides significant gains in training speed.”",
    "sections 4.4 and 5",
    f"{TRAINING} exp; {TRAINING} abs",
)
def measure_annealing(analysis: Analysis) -> list[Finding]:
    """JN3: time and evaluations with a fixed tolerance over those with an annealed one, and over Gauss-Legendre's."""
    findings = []
    for data in ("exp", "abs"):
        for study in _list_studies(analysis, data):
            for other, counts in (("dopri5_annealed", True), ("gauss_legendre", False)):
                sessions = pair_seconds(study, "dopri5_fixed", other)
                what = f"time of a step, a fixed tolerance over {other}"
                if not sessions:
                    findings.append(Finding(None, what, "not trained side by side", "not run", counts, study=data))
                    continue
                ratio = paired_ratio(sessions)
                verdict = {"slower": "reproduced", "faster": "contradicted"}.get(judge(ratio).word, "undetermined")
                spent = [sum(row["evaluations"] for row in study.of(m)) for m in ("dopri5_fixed", other)]
                losses = [study.of(m) for m in ("dopri5_fixed", other)]
                ends = [
                    summarise_seeds([r["test_loss"] for r in rows if r["epoch"] == study.epochs]) for rows in losses
                ]
                text = (
                    f"{write_ratio(ratio)} ×, paired by step; evaluations {spent[0] / spent[1]:.3g} ×; test loss at "
                    f"the end {ends[0].value:.3g} against {ends[1].value:.3g}"
                )
                short = f"{ratio.value:.2g} × on {data}" if counts else ""
                findings.append(Finding(None, what, text, verdict, counts, short, study=data))
    return findings or [_missing("time of a step, a fixed tolerance over an annealed one", "exp or abs")]


@claim(
    "JN4",
    "line_integral",
    LORRAINE,
    "“If the computational bottleneck is inverting J, we propose to learn a matrix which is easily invertible (e.g., "
    "Kronecker factors of J).”",
    "section 4.3",
    SWEEPS,
)
def measure_inverses(analysis: Analysis) -> list[Finding]:
    """JN4: the inverse by LU and by Cholesky over that by Kronecker factors, by dimension."""
    findings = []
    for place in dict.fromkeys(series.place for series in analysis.series("line_integral")):
        findings += [_judge_inverse(analysis, place, solver) for solver in ("lu", "cholesky")]
    return findings


def _judge_inverse(analysis: Analysis, place: Place, solver: str) -> Finding:
    """Cheaper at the largest dimension where both ran, of every kind of J."""
    what = f"inverse by {solver} over that by Kronecker factors"
    told, words, most = [], [], (0.0, 0.0)
    for series in analysis.series("line_integral"):
        row, factors = f"inverse_{solver}_rk4", "inverse_kronecker_rk4"
        sizes = analysis.sizes(series) if series.place == place else ()
        known = [(d, r) for d in sizes if (r := analysis.ratio(series, d, row, factors)) is not None]
        if not known:
            continue
        (first, at_first), (last, at_last) = known[0], known[-1]
        words.append(analysis.verdict(series, last, factors, row).word)
        most = max(most, (at_last.value, last))
        start = f"{write_ratio(at_first)} × at d = {write_size(first)}, " if len(known) > 1 else ""
        cell = f"{series.size('J')}, B = {write_size(series.size('B'))}:"
        told.append(f"{cell} {start}{write_ratio(at_last)} × at d = {write_size(last)}")
    if not told:
        return Finding(None, what, "not timed side by side", "not run", place=place)
    verdict = "contradicted" if "slower" in words else "reproduced" if set(words) == {"faster"} else "undetermined"
    short = f"{solver} {most[0]:.2g} × at d = {write_size(most[1])}"
    return Finding(None, what, "; ".join(told), verdict, short=short, place=place)
