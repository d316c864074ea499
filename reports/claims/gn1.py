"""GN1: a deep psi that is a gradient has one feature only (Saremi 2019)."""

from statistics import median

from ..analysis import Analysis
from ..studies import Study
from ..text import count, write_error
from ._cells import in_study, list_studies
from ._claim import Claim, Evidence, missing, train
from ._effects import exact, of_seeds
from ._rule import Limits

SAREMI = "Saremi 2019"
STUDY = "score-training"
CONTROL = "psi_diagonal"
# A gradient's Jacobian is symmetric to rounding; what training leaves is far above either bound.
ROUNDING, SEEN = 1e-12, 1e-3
# Of the counter-example: the proof divides equation 5 by the inner weights.
OUTSIDE = "the proof presumes inner weights other than 0, and most of these are 0"
UNIT = "of |J|"
NO_GRADIENT = Limits(low=SEEN, fails_below=ROUNDING)


def measure(analysis: Analysis) -> list[Evidence]:
    """The asymmetry of trained psi by depth; beside it that of a constructed psi which the proof does not cover."""
    judges = (_judge_trained, _judge_control)
    found = [judge(analysis, study) for study in list_studies(analysis, STUDY) for judge in judges]
    return found or [missing("asymmetry of trained psi by depth", "no training study was loaded")]


def check(analysis: Analysis) -> bool | None:
    """Swish, whose derivative takes infinitely many values. The inner weights of a trained psi are drawn from a normal
    density, none of them 0, as the test of the study holds.
    """
    found = [str(study.setting("architecture")) for study in list_studies(analysis, STUDY)]
    return True if found and all("swish" in words for words in found) else None


def _judge_trained(analysis: Analysis, study: Study) -> Evidence:
    """What the theorem means in use: a trained psi of two hidden layers or more is no gradient."""
    what, where = "asymmetry of a trained psi with two hidden layers or more, the least", in_study(analysis, study)
    known = {method: _list_ends(study, method) for method in study.methods if method.startswith("psi_")}
    known = {method: ends for method, ends in known.items() if method != CONTROL and ends}
    deep = {method: ends for method, ends in known.items() if method != "psi_1"}
    if not deep:
        return missing(what, "none was trained", where=where)
    told = "; ".join(f"{method} {write_error(median(ends))}" for method, ends in known.items())
    text = f"median of {count(len(study.seeds), 'seed')}: {told}"
    effects = tuple(of_seeds(ends) if min(ends) > 0 else exact(0.0) for ends in deep.values())
    return Evidence(what, text, effects, NO_GRADIENT, unit=UNIT, needed=True, where=where)


def _judge_control(analysis: Analysis, study: Study) -> Evidence:
    """A network that is a gradient by construction, beside the claim: its weights are not what the proof presumes."""
    what, where = "asymmetry of a ψ with diagonal inner weights, a gradient by construction", in_study(analysis, study)
    rows = study.of(CONTROL) if CONTROL in study.methods else []
    known = [row["asymmetry"] for row in rows if row.get("asymmetry") is not None]
    if not known:
        return missing(what, "it was not trained", counts=False, where=where)
    text = (
        f"largest {write_error(max(known))} over its training: {CONTROL} has two hidden layers of {study.setting('H')} "
        "units each, diagonal inner weights and a tied readout; the words “any such ψ” include it, their proof does not"
    )
    effect = exact(max(known))
    return Evidence(what, text, (effect,), NO_GRADIENT, "most", UNIT, counts=False, where=where, reason=OUTSIDE)


def _list_ends(study: Study, method: str) -> list[float]:
    """The asymmetry of each seed at the end; none where one is not known."""
    ends = {row["seed"]: row.get("asymmetry") for row in study.of(method)}
    known = [value for value in ends.values() if value is not None]
    return known if len(known) == len(ends) else []


CLAIM = Claim(
    id="GN1",
    family="score",
    paper=SAREMI,
    words="“A ψ network with more than one hidden layer can only represent one feature in its first hidden layer”; "
    "“for any such ψ networks, and for any depth L > 2, all the input weights must be parallel to each other”: one "
    "with several features is no gradient.",
    short="No ψ with several hidden layers and several features is a gradient.",
    figure="abstract, proposition 3 and theorem 5",
    printed="proved for every ψ; no figure",
    threshold=f"asymmetry of the Jacobian of every trained ψ with two hidden layers or more above {SEEN:g}, "
    f"contradicted below {ROUNDING:g}; a network made to be a gradient stands beside: the proof does not cover it",
    command=train(STUDY, "mixture", "digits"),
    assumption="σ′ takes infinitely many values (remark 1), and no inner weight is 0, which the paper does not say but "
    "the proof of proposition 3 divides by (so of the trained networks, not of the one with diagonal inner weights)",
    check=check,
    measure=measure,
)
