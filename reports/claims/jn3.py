"""JN3: annealed tolerances train faster (Lorraine and Hossain 2022)."""

from statistics import median

from ..analysis import Analysis
from ..studies import Study
from ..text import count
from ._cells import in_study, list_studies, study_margin
from ._claim import Claim, Evidence, train
from ._effects import of_epochs
from ._integrals import LORRAINE, STUDY, not_trained
from ._rule import longer

DATA = ("exp", "abs")
FIXED = "dopri5_fixed"
# The paper's annealing, and beside it what needs no tolerance at all.
RIVALS = {"dopri5_annealed": True, "gauss_legendre": False}


def measure(analysis: Analysis) -> list[Evidence]:
    """Time and evaluations with a fixed tolerance over those with an annealed one, and over Gauss-Legendre's."""
    studies = [study for data in DATA for study in list_studies(analysis, STUDY, data)]
    findings = [_judge(analysis, study, *rival) for study in studies for rival in RIVALS.items()]
    return findings or [not_trained("time of a step, a fixed tolerance over an annealed one", "exp or abs")]


def _judge(analysis: Analysis, study: Study, other: str, counts: bool) -> Evidence:
    what, where = f"time of a step, a fixed tolerance over {other}", in_study(analysis, study)
    effect = of_epochs(study, FIXED, other)
    if effect is None:
        return Evidence(what, "not trained side by side", counts=counts, where=where)
    spent = [sum(row["evaluations"] for row in study.of(method)) for method in (FIXED, other)]
    ends = [median(r["test_loss"] for r in study.of(m) if r["epoch"] == study.epochs) for m in (FIXED, other)]
    text = (
        f"paired by step, over {count(len(study.seeds), 'seed')}; evaluations {spent[0] / spent[1]:.3g} ×; test loss "
        f"at the end {ends[0]:.3g} against {ends[1]:.3g}"
    )
    limits = longer(study_margin(analysis, study))
    return Evidence(what, text, (effect,), limits, unit="×", counts=counts, where=where)


CLAIM = Claim(
    id="JN3",
    family="line_integral",
    paper=LORRAINE,
    words="“We adaptively alter the tolerances of the integrator, starting with loose tolerances and decreasing them "
    "by half when the training loss is less than the tolerance, which provides significant gains in training speed.”",
    short="Annealing the integrator's tolerance gives significant gains in training speed.",
    figure="sections 4.4 and 5",
    printed="“significant gains”; no number",
    threshold="a step with a fixed tolerance longer than one with an annealed by more than the noise margin",
    command=train(STUDY, *DATA),
    measure=measure,
)
