"""Claims GN1 and GN2: networks that stand for a gradient (Saremi 2019)."""

from collections.abc import Iterator

from ..analysis import Analysis
from ..points import Place, Series
from ..statistics import Ratio
from ..studies import Study, final
from ..text import count, write_error, write_ratio, write_size
from ._claim import Finding, claim

SAREMI = "Saremi 2019"
TRAINING = "python -m benchmarks study score-training --profile standard --data"
CONTROL = "psi_diagonal"
# A gradient's Jacobian is symmetric to rounding; what training leaves is far above either bound.
ROUNDING, SEEN = 1e-12, 1e-3
# A measured ratio this close to the formula's follows it.
CLOSE = 1.25
# The formulas' ratio up to which phi costs no more than psi.
NO_COST = 1.01
# Each way to differentiate phi, and psi differentiated in the same way: a ratio of one by hand to one by autodiff would
# be that of the ways.
RIVALS = {"phi": "psi", "phi_forward_over_reverse": "psi", "phi_closed_form": "psi_closed_form"}


@claim(
    "GN1",
    "score",
    SAREMI,
    "“A ψ network with more than one hidden layer can only represent one feature in its first hidden layer” if it is "
    "to be a gradient: a trained one with several features is not conservative.",
    "proposition 3 and theorem 5",
    f"{TRAINING} mixture; {TRAINING} digits",
)
def measure_curl(analysis: Analysis) -> list[Finding]:
    """GN1: the asymmetry of trained psi by depth, and a psi of two hidden layers that is a gradient."""
    studies = [study for study in analysis.run.studies if study.name == "score-training"]
    if not studies:
        return [Finding(None, "asymmetry by depth", "no training study was loaded", "not run", needed=True)]
    findings = []
    for study in studies:
        findings += [_judge_depth(study), _judge_control(study)]
    return findings


def _judge_depth(study: Study) -> Finding:
    what = "trained psi with two hidden layers or more is no gradient"
    known = {m: v for m in study.methods if m[:4] == "psi_" and m != CONTROL and (v := final(study, m, "asymmetry"))}
    deep = {m: v for m, v in known.items() if m != "psi_1"}
    if not deep:
        return Finding(None, what, "none was trained", "not run", study=study.data)
    told = "; ".join(f"{method} {write_error(value.value)}" for method, value in known.items())
    least = min(_low(value) for value in deep.values())
    verdict = "reproduced" if least > SEEN else "contradicted" if least < ROUNDING else "undetermined"
    text = f"asymmetry after training (median of {count(len(study.seeds), 'seed')}): {told}"
    return Finding(None, what, text, verdict, short=f"asymmetry {write_error(least)} and more", study=study.data)


def _judge_control(study: Study) -> Finding:
    what = "none with several features is a gradient (control: diagonal inner weights)"
    value = final(study, CONTROL, "asymmetry", most=True) if CONTROL in study.methods else None
    if value is None:
        return Finding(None, what, "the control was not trained", "not run", study=study.data)
    largest = value.value if value.undetermined else value.high
    text = (
        f"largest asymmetry of {CONTROL} over the training {write_error(largest)}: two hidden layers of "
        f"{study.setting('H')} units each, whose inner weights are diagonal and whose readout is tied, are a gradient. "
        "The proof divides by the inner weights, some of which are zero here"
    )
    verdict = "contradicted" if largest < ROUNDING else "reproduced" if largest > SEEN else "undetermined"
    return Finding(None, what, text, verdict, short=f"control {write_error(largest)}", study=study.data)


def _low(value) -> float:
    return value.value if value.undetermined else value.low


@claim(
    "GN2",
    "score",
    SAREMI,
    "“The optimization comes with a cost in the form of double backpropagation.”",
    "section “An implicit parametrization of ∇f”",
    "python -m benchmarks run --profile standard",
)
def measure_double_backpropagation(analysis: Analysis) -> list[Finding]:
    """GN2: the time of `phi` over that of `psi`, against the ratio of the cost formulas; both by autodiff, and beside
    it both by hand.
    """
    findings = []
    for place in dict.fromkeys(series.place for series in analysis.series("score")):
        findings.append(_judge_ratio(analysis, place, "phi", True))
        if any(list_ratios(analysis, place, "phi_closed_form")):
            findings.append(_judge_ratio(analysis, place, "phi_closed_form", False))
    return findings


def list_ratios(analysis: Analysis, place: Place, row: str) -> Iterator[tuple[Series, float, Ratio, float]]:
    """(series, d, time over its rival's, ratio of the FLOPs by the formulas) of every cell where both ran."""
    rival = RIVALS[row]
    for series in analysis.series("score"):
        for size in analysis.sizes(series) if series.place == place else ():
            ratio = analysis.ratio(series, size, row, rival)
            points = [analysis.point(series, size, name) for name in (row, rival)]
            if ratio is not None and points[0] is not None and points[1] is not None:
                yield series, size, ratio, points[0].flops / points[1].flops


def _judge_ratio(analysis: Analysis, place: Place, row: str, counts: bool) -> Finding:
    known, rival = list(list_ratios(analysis, place, row)), RIVALS[row]
    what = f"a step of {row} costs more than one of {rival}"
    if not known:
        return Finding(None, what, "not timed side by side", "not run", counts, place=place)
    # With one hidden layer both take the same products.
    dearer = [(series, size) for series, size, _, predicted in known if predicted > NO_COST]
    words = [analysis.verdict(series, size, rival, row).word for series, size in dearer]
    least, most = (pick(known, key=lambda k: k[2].value) for pick in (min, max))
    near = sum(1 / CLOSE <= ratio.value / predicted <= CLOSE for _, _, ratio, predicted in known)
    text = (
        f"{_say(least)} to {_say(most)}; {rival} is faster in {words.count('faster')} of the "
        f"{count(len(words), 'cell')} where phi takes more products; within a factor {CLOSE:g} of the formula's ratio "
        f"in {near} of {len(known)}"
    )
    verdict = "contradicted" if "slower" in words else "reproduced" if set(words) == {"faster"} else "undetermined"
    short = f"{least[2].value:.2g} × to {most[2].value:.2g} × of {rival}" if counts else ""
    return Finding(None, what, text, verdict, counts, short, place=place)


def _say(known: tuple[Series, float, Ratio, float]) -> str:
    series, size, ratio, predicted = known
    letters = ", ".join(f"{letter} = {write_size(series.size(letter))}" for letter in "HL")
    return f"{write_ratio(ratio)} × (d = {write_size(size)}, {letters}; formula {predicted:.3g})"
