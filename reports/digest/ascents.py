"""What either gradient takes to a given likelihood, at its best rate, as plain values."""

from dataclasses import dataclass

from ..ascents import COSTS, GRADIENTS, ascend, estimate_cost, find_best, is_median, list_optimisers, list_rates
from ..statistics import Estimate
from ..studies import Study


@dataclass(frozen=True)
class Climbed:
    """A gradient and an optimiser at the best rate; `edge`: that is the least or the largest of its grid.

    reached              from how many starts the likelihood was reached
    median               whether from most: else `iterations` and `seconds` are bounds
    iterations, seconds  until then, medians over the starts; one that did not come so far takes at least all it had
    """

    method: str
    edge: bool
    reached: int
    median: bool
    iterations: Estimate
    seconds: Estimate


def digest_ascents(study: Study) -> tuple[Climbed, ...]:
    """Of every optimiser both gradients, towards the best of the two; nothing of one that diverged at every rate."""
    found = []
    for optimiser in list_optimisers(study):
        best = [find_best(study, gradient, optimiser) for gradient in GRADIENTS]
        methods, grid = tuple(method for method in best if method is not None), list_rates(study, optimiser)
        ascended = zip(*ascend(study, methods), strict=True) if methods else ()
        for method, ascents in zip(methods, ascended, strict=True):
            edge = study.chosen(method)["rate"] in (grid[0], grid[-1])
            reached = sum(ascent.reached for ascent in ascents)
            costs = [estimate_cost(ascents, cost) for cost in COSTS]
            found.append(Climbed(method, edge, reached, is_median(ascents), *costs))
    return tuple(found)
