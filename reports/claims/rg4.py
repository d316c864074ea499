"""RG4: the relative gradient needs no more iterations than the ordinary one (Gresele et al. 2020)."""

import math
from itertools import pairwise

import numpy as np

from ..analysis import Analysis
from ..studies import Study
from ..text import count
from ._cells import in_study, list_studies
from ._claim import Claim, Evidence, missing, train
from ._effects import of_seeds
from ._rule import at_most

STUDY = "logdet-training"
# How much of the way from its first to its best likelihood a training must have come.
SHARE = 0.95
# Ten starts do not tell 10 % of iterations apart, and no user would.
MORE = 1.10
# The paper's: plain descent on all points of the plane.
PAPER = {"moons": ("gd",)}


def measure(analysis: Analysis) -> list[Evidence]:
    """Iterations of the relative over those of the ordinary gradient, each at its best rate, start by start."""
    studies = list_studies(analysis, STUDY)
    found = [_judge(analysis, study, optimiser) for study in studies for optimiser in _list_optimisers(study)]
    return found or [missing("iterations of the relative over those of the ordinary gradient", "no study was run")]


def _judge(analysis: Analysis, study: Study, optimiser: str) -> Evidence:
    name = "plain descent" if optimiser == "gd" else "Adam"
    what = f"iterations of the relative over those of the ordinary gradient, {name}"
    counts, where = optimiser in PAPER.get(study.data, ()), in_study(analysis, study)
    relative, ordinary = (find_best(study, gradient, optimiser) for gradient in ("relative", "ordinary"))
    if relative is None or ordinary is None:
        return missing(what, "one of the two diverged at every rate", counts, where)
    pairs = [count_iterations(study, seed, (relative, ordinary)) for seed in study.seeds]
    reached = [(ours, theirs) for ours, theirs in pairs if math.isfinite(ours) and math.isfinite(theirs)]
    if len(reached) < len(pairs) or not pairs:
        starts = count(len(pairs) - len(reached), "start")
        text = f"from {starts} of {len(pairs)} one of the two did not come {100 * SHARE:g} % of the way"
        return missing(what, text, counts, where)
    rates = _read_rates(study, optimiser)
    text = (
        f"to {100 * SHARE:g} % of the way to the best likelihood of either, from {count(len(pairs), 'start')}: median "
        f"{np.median([ours for ours, _ in pairs]):.0f} against {np.median([theirs for _, theirs in pairs]):.0f}, at "
        f"rates of {rates[relative]:g} and {rates[ordinary]:g} of a grid from {min(rates.values()):g} to "
        f"{max(rates.values()):g}"
    )
    effect = of_seeds([ours / theirs for ours, theirs in reached])
    return Evidence(what, text, (effect,), at_most(MORE), unit="×", counts=counts, needed=counts, where=where)


def _list_optimisers(study: Study) -> list[str]:
    return list(dict.fromkeys(known["settings"]["optimiser"] for known in study.record["methods"].values()))


def _read_rates(study: Study, optimiser: str) -> dict[str, float]:
    """By method. A best rate at an end of the grid might be bettered beyond it."""
    chosen = {method: known["settings"] for method, known in study.record["methods"].items()}
    return {method: settings["rate"] for method, settings in chosen.items() if settings["optimiser"] == optimiser}


def find_best(study: Study, gradient: str, optimiser: str) -> str | None:
    """The method of a gradient and an optimiser whose rate ends lowest in the median over the starts."""
    ends = {}
    for method in study.methods:
        chosen = study.record["methods"][method]["settings"]
        if (chosen["gradient"], chosen["optimiser"]) == (gradient, optimiser):
            last = [row["loss"] for row in study.of(method) if row["epoch"] == study.epochs]
            if last and None not in last:
                ends[method] = float(np.median(last))
    return min(ends, key=lambda method: (ends[method], method)) if ends else None


def count_iterations(study: Study, seed: int, methods: tuple[str, str]) -> tuple[float, float]:
    """Iterations that each of two methods takes from a start to SHARE of the way to the best loss of either.

    Between two epochs the loss is taken to fall straight; infinite where it never comes that far.
    """
    steps = study.setting("steps")
    losses = []
    for method in methods:
        rows = sorted((row for row in study.of(method) if row["seed"] == seed), key=lambda row: row["epoch"])
        losses.append([rows[0]["before"], *(row["loss"] for row in rows)])
    start, best = losses[0][0], min(value for known in losses for value in known if value is not None)
    target = start - SHARE * (start - best)
    first, second = (_cross(known, target) * steps for known in losses)
    return first, second


def _cross(losses: list[float | None], target: float) -> float:
    """Epochs until the loss is at the target; infinite where it never is."""
    for epoch, (above, below) in enumerate(pairwise(losses)):
        if above is not None and below is not None and below <= target:
            return epoch + (above - target) / (above - below) if above > target else float(epoch)
    return math.inf


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
    "those of the ordinary gradient, over the starts, each at its best rate of one grid, plain descent on all points",
    command=train("logdet-training", "moons", "mixture", "digits"),
    measure=measure,
)
