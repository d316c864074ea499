"""JN1: a function learned through J J^T + eps I is invertible, and its inverse is learned with it."""

from ..analysis import Analysis
from ..studies import Study
from ..text import count, write_error
from ._cells import in_study, list_studies
from ._claim import Claim, Evidence, train
from ._effects import exact, of_median
from ._integrals import CONSTRAINED, CONTROL, LORRAINE, STUDY, extreme, list_ends, not_trained
from ._rule import above, at_most

DATA = "exp"
# The function and its inverse compose to the identity within this; and a curve that is this close to another "closely
# matches" it in a figure that spans [-1, 1].
ROUND_TRIP, MATCH = 1e-4, 0.1


def measure(analysis: Analysis) -> list[Evidence]:
    """Smallest slopes of the learned exp, the round trip through its inverse, the inverse against log."""
    findings = [found for study in list_studies(analysis, STUDY, DATA) for found in _judge(analysis, study)]
    return findings or [not_trained("slopes and inverse of the learned exp", DATA)]


def _judge(analysis: Analysis, study: Study) -> list[Evidence]:
    where = in_study(analysis, study)
    ends, trained = (list_ends(study, CONSTRAINED, *when) for when in (("initial", "final"), ("final",)))
    functions = f"over {count(len(ends), 'function')} of {count(len(study.seeds), 'seed')}, before and after training"
    least, trip = extreme(min, [end["slope_min"] for end in ends]), extreme(max, [end["round_trip"] for end in trained])
    reached = f"{write_error(trip)} over {count(len(trained), 'trained function')}"
    composed = "largest |x(y(x)) − x| on [-2, 2]"
    findings = [
        Evidence("smallest slope on [-2, 2]", functions, (exact(least),), above(0), unit="slope", where=where),
        Evidence(composed, reached, (exact(trip),), at_most(ROUND_TRIP), "most", "error", where=where),
        _judge_inverse(analysis, study),
    ]
    control = [s for end in list_ends(study, [CONTROL], "final") if (s := end["slope_min"]) is not None]
    if control:
        below = sum(value <= 0 for value in control)
        text = f"not above 0 from {below} of {count(len(control), 'seed')}"
        what = "smallest slope of the unconstrained control, which is not invertible everywhere"
        effects = tuple(map(exact, control))
        findings.append(Evidence(what, text, effects, at_most(0), unit="slope", counts=False, where=where))
    return findings


def _judge_inverse(analysis: Analysis, study: Study) -> Evidence:
    """The median over the seeds: the paper shows one. Where one is not known it may be the worst: then none is told."""
    what = "error of the learned inverse against log on [1/e, e], the median of the seeds"
    reached = [end["inverse_error"] for end in list_ends(study, ["gauss_legendre"], "final")]
    known = [error for error in reached if error is not None]
    text = f"at worst {max(known):.3g} of {count(len(known), 'seed')}" if known else "no inverse was found"
    whole = 0 < len(known) == len(reached) and min(known) > 0
    effect = of_median(known) if whole else exact(float("nan"))
    return Evidence(what, text, (effect,), at_most(MATCH), unit="error", where=in_study(analysis, study))


CLAIM = Claim(
    id="JN1",
    family="line_integral",
    paper=LORRAINE,
    words="The output activation J Jᵀ + εI “guarantees a non-zero Jacobian determinant”; “the learned inverse of the "
    "prediction function closely matches the true inverse function”; “the unconstrained function is not invertible "
    "everywhere”.",
    short="Functions learned through JJᵀ + εI are invertible, and the inverse matches.",
    figure="sections 4.2 and 5, figure 1",
    printed="one curve of the inverse of exp beside the true one; no number",
    threshold=f"slopes above 0; the inverse composes to the identity within {ROUND_TRIP:g}, and is within {MATCH:g} of "
    "the true one from the median seed",
    command=train(STUDY, DATA),
    measure=measure,
)
