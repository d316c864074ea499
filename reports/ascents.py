"""Ascents of the likelihood: what either gradient, at its best rate, takes from a start to a given likelihood.

Of a gradient and an optimiser the rate is taken whose loss ends lowest in the median over the starts. The likelihood is
SHARE of the way from a start to the best that either of the two came to from it; between two epochs the loss is taken
to fall straight. A training that did not come so far takes at least the iterations and the seconds that it had: over
the starts there are medians of bounds (`bound_median`).
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from .statistics import Estimate, bound_median
from .studies import Study

# How much of the way from its first to its best likelihood a training must have come.
SHARE = 0.95
GRADIENTS = ("relative", "ordinary")
COSTS = ("iterations", "seconds")


@dataclass(frozen=True)
class Ascent:
    """A training from a start until it reached its likelihood, or all of it where it never did."""

    iterations: float
    seconds: float
    reached: bool

    def bounds(self, cost: str) -> tuple[float, float]:
        """Least and most of the iterations or the seconds that it takes."""
        spent = getattr(self, cost)
        return spent, spent if self.reached else math.inf


def list_optimisers(study: Study) -> list[str]:
    """In the study's order."""
    return list(dict.fromkeys(study.chosen(method)["optimiser"] for method in study.methods))


def list_rates(study: Study, optimiser: str) -> list[float]:
    """An optimiser's grid, from the least."""
    return sorted({s["rate"] for s in (study.chosen(m) for m in study.methods) if s["optimiser"] == optimiser})


def find_best(study: Study, gradient: str, optimiser: str) -> str | None:
    """The method of a gradient and an optimiser whose rate ends lowest in the median over the starts."""
    ends = {}
    for method in study.methods:
        chosen = study.chosen(method)
        if (chosen["gradient"], chosen["optimiser"]) == (gradient, optimiser):
            last = [row["loss"] for row in study.of(method) if row["epoch"] == study.epochs]
            if last and None not in last:
                ends[method] = float(np.median(last))
    return min(ends, key=lambda method: (ends[method], method)) if ends else None


def ascend(study: Study, methods: tuple[str, ...]) -> list[tuple[Ascent, ...]]:
    """Of every start the ascents of these methods to SHARE of the way to the best loss of any of them."""
    found = []
    for seed in study.seeds:
        rows = [[row for row in study.of(method) if row["seed"] == seed] for method in methods]
        start = rows[0][0]["before"]
        best = min([start, *(row["loss"] for known in rows for row in known if row["loss"] is not None)])
        target = start - SHARE * (start - best)
        found.append(tuple(_climb(known, target, study.setting("steps")) for known in rows))
    return found


def _climb(rows: list[dict], target: float, steps: int) -> Ascent:
    spent = 0.0
    for done, row in enumerate(rows):
        above, below = row["before"], row["loss"]
        if above is not None and below is not None and below <= target:
            part = (above - target) / (above - below) if above > target else 0.0
            return Ascent(steps * (done + part), spent + part * row["seconds"], True)
        spent += row["seconds"]
    return Ascent(steps * len(rows), spent, False)


def is_median(ascents: Sequence[Ascent]) -> bool:
    """Whether most starts reached it, so that the median is no bound."""
    return 2 * sum(ascent.reached for ascent in ascents) > len(ascents)


def estimate_cost(ascents: Iterable[Ascent], cost: str) -> Estimate:
    """Median over the starts of the iterations or the seconds of one method."""
    lows, highs = zip(*(ascent.bounds(cost) for ascent in ascents), strict=True)
    return bound_median(lows, highs)


def compare_costs(pairs: Iterable[tuple[Ascent, ...]], cost: str, confidence: float = 0.95) -> Estimate:
    """Median over the starts of the first method's iterations or seconds over the second's."""
    bounds = [(first.bounds(cost), second.bounds(cost)) for first, second in pairs]
    lows, highs = zip(*((mine[0] / theirs[1], mine[1] / theirs[0]) for mine, theirs in bounds), strict=True)
    return bound_median(lows, highs, confidence)
