"""JN2: a function learned through tanh(J) is 1-Lipschitz (Lorraine and Hossain 2022)."""

from ..analysis import Analysis
from ..studies import Study
from ..text import count
from ._cells import in_study, list_studies
from ._claim import Claim, Evidence, train
from ._effects import exact
from ._integrals import CONSTRAINED, LORRAINE, STUDY, extreme, list_ends, not_trained
from ._rule import at_most

# Of the learned |x|, and beside it in the plane: there tanh bounds the entries of J and not its norm. With their units.
QUANTITIES = {"abs": ("largest |slope|", "|slope|"), "plane": ("largest norm of J in the plane", "norm of J")}
# A bound of 1 in float64 sums.
BOUND = 1 + 1e-9


def measure(analysis: Analysis) -> list[Evidence]:
    """Slopes of the learned |x|, and norms of the Jacobian in the plane."""
    findings = []
    for data, (what, unit) in QUANTITIES.items():
        studies = list_studies(analysis, STUDY, data)
        findings += [_judge(analysis, study, what, unit) for study in studies]
        if not studies:
            findings.append(not_trained(what, data) if data == "abs" else Evidence(what, "not trained", counts=False))
    return findings


def check(analysis: Analysis) -> bool | None:
    """One dimension, by the study's settings."""
    found = {study.setting("d") for study in list_studies(analysis, STUDY, "abs")}
    return None if not found or None in found else found == {1}


def _judge(analysis: Analysis, study: Study, what: str, unit: str) -> Evidence:
    ends = list_ends(study, CONSTRAINED, "initial", "final")
    slopes = [end[name] for end in ends for name in ("slope_min", "slope_max")]
    largest = extreme(max, [slope if slope is None else abs(slope) for slope in slopes])
    text = f"over {count(len(ends), 'function')}, before and after training"
    gaps = [row["path_gap"] for m in CONSTRAINED if m in study.methods for row in study.of(m)]
    known = [gap for gap in gaps if gap is not None]
    text += f"; two paths with one end differ by up to {max(known):.2g} of the result" if known else ""
    counts = study.data == "abs"
    where = in_study(analysis, study)
    return Evidence(what, text, (exact(largest),), at_most(BOUND), "most", unit, counts=counts, where=where)


CLAIM = Claim(
    id="JN2",
    family="line_integral",
    paper=LORRAINE,
    words="The output activation tanh(J) ∈ [-1, 1] “guarantees our prediction function is 1-Lipschitz”.",
    short="Functions learned through tanh(J) are 1-Lipschitz.",
    figure="section 5, figure 2",
    printed="slopes within [-1, 1] before and after training; no number",
    threshold="no slope beyond 1",
    command=train(STUDY, *QUANTITIES),
    assumption="one dimension: tanh bounds the entries of J, which is its norm for d = 1 only",
    check=check,
    measure=measure,
)
