"""RG4: the relative gradient needs no more iterations than the ordinary one (Gresele et al. 2020)."""

from collections.abc import Sequence
from functools import partial

from .. import ascents
from ..analysis import Analysis
from ..ascents import COSTS, GRADIENTS, SHARE, Ascent
from ..studies import Study
from ..text import count, write_seconds
from ._cells import in_study, list_studies
from ._claim import Claim, Evidence, missing, train
from ._rule import at_most

NAME = "logdet-training"
# Ten starts do not tell 10 % of iterations apart, and no user would.
MORE = 1.10
# The paper's: plain descent on all points of the plane.
PAPER = {"moons": ("gd",)}
WHAT = "{} of the relative over those of the ordinary gradient"


def measure(analysis: Analysis) -> list[Evidence]:
    """Iterations of the relative over those of the ordinary gradient, each at its best rate, start by start; and their
    seconds, of which the sentence says nothing: they stand beside the claim.
    """
    found = [
        _judge(analysis, study, optimiser, cost)
        for study in list_studies(analysis, NAME)
        for optimiser in ascents.list_optimisers(study)
        for cost in COSTS
    ]
    return found or [missing(WHAT.format("iterations"), "no study was run")]


def _judge(analysis: Analysis, study: Study, optimiser: str, cost: str) -> Evidence:
    what = f"{WHAT.format(cost)}, {'plain descent' if optimiser == 'gd' else 'Adam'}"
    counts = cost == "iterations" and optimiser in PAPER.get(study.data, ())
    where = in_study(analysis, study)
    relative, ordinary = (ascents.find_best(study, gradient, optimiser) for gradient in GRADIENTS)
    if relative is None or ordinary is None:
        return missing(what, "one of the two diverged at every rate", counts, where)
    pairs, grid = ascents.ascend(study, (relative, ordinary)), ascents.list_rates(study, optimiser)
    rates = [study.chosen(method)["rate"] for method in (relative, ordinary)]
    text = (
        f"to {100 * SHARE:g} % of the way to the best likelihood of either, from {count(len(pairs), 'start')}: median "
        f"{' against '.join(_tell(known, cost) for known in zip(*pairs, strict=True))}, at rates of {rates[0]:g} and "
        f"{rates[1]:g} of a grid from {grid[0]:g} to {grid[-1]:g}"
    )
    effect = partial(ascents.compare_costs, pairs, cost)
    return Evidence(what, text, (effect,), at_most(MORE), unit="×", counts=counts, needed=counts, where=where)


def _tell(found: Sequence[Ascent], cost: str) -> str:
    """The median, and from how many starts the likelihood was reached where not from all."""
    reached, value = sum(ascent.reached for ascent in found), ascents.estimate_cost(found, cost).value
    median = write_seconds(value) if cost == "seconds" else f"{value:,.0f}"
    told = median if ascents.is_median(found) else "not reached"
    return told if reached == len(found) else f"{told} (from {reached} of {len(found)} it was)"


CLAIM = Claim(
    id="RG4",
    family="logdet",
    paper="Gresele et al. 2020",
    words="“There is no big difference between the two gradient methods […] the relative gradient does not need more "
    "iterations to give the same performance.”",
    short="The relative gradient needs no more iterations than the ordinary one.",
    figure="section 5, figure 1 (right)",
    printed="equal loss curves from 10 starts: D = 2, 1,000 points, full batch",
    threshold=f"iterations to {100 * SHARE:g} % of the way to the best likelihood of either at most {MORE:g} times "
    "those of the ordinary gradient in the median over the starts, each at its best rate of one grid, plain descent on "
    "all points; a training that did not come so far counts as at least all of its iterations",
    command=train(NAME, "moons", "mixture", "diabetes", "digits"),
    measure=measure,
)
