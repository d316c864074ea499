"""GN2: phi costs double backpropagation (Saremi 2019)."""

from ..analysis import Analysis
from ..families import FAMILIES
from ..points import Place, Series
from ..statistics import Ratio
from ..text import count, write_ratio, write_size
from ._cells import at_place, list_doublings, list_places
from ._claim import SWEEPS, Claim, Evidence
from ._effects import of_ratio
from ._rule import longer
from .gn1 import SAREMI

# A measured ratio this close to the formula's follows it.
CLOSE = 1.25
# The formulas' ratio up to which phi costs no more than psi.
NO_COST = 1.01
# By autodiff, as the paper trains it; and beside it both by hand.
JUDGED = {"phi": True, "phi_closed_form": False}


def measure(analysis: Analysis) -> list[Evidence]:
    """The time of `phi` over that of `psi` where phi takes more products, against the ratio of the cost formulas."""
    return [
        _judge(analysis, place, row, counts and pick == "typical", pick)
        for place in list_places(analysis, "score")
        for row, counts in JUDGED.items()
        for pick in ("typical", "least")
        if counts or any(list_doublings(analysis, "score", place, row))
    ]


def _judge(analysis: Analysis, place: Place, row: str, counts: bool, pick: str) -> Evidence:
    """That there is a cost says the typical cell; beside it, whether there is one everywhere."""
    known, rival = list(list_doublings(analysis, "score", place, row)), FAMILIES["score"].doubles[row]
    what, where = f"time of a step of {row} over one of {rival}, the {pick} cell", at_place(analysis, place, "score")
    # With one hidden layer both take the same products.
    dearer = [found for found in known if found[3] > NO_COST]
    if not dearer:
        return Evidence(what, "not timed side by side", counts=counts, where=where)
    effects = tuple(of_ratio(analysis, series, ratio) for series, _, ratio, _ in dearer)
    least, most = (choose(dearer, key=lambda k: k[2].value) for choose in (min, max))
    near = sum(1 / CLOSE <= ratio.value / predicted <= CLOSE for _, _, ratio, predicted in known)
    text = (
        f"{_say(least)} to {_say(most)}, in the {count(len(dearer), 'cell')} where phi takes more products; within a "
        f"factor {CLOSE:g} of the formula's ratio in {near} of {len(known)}"
    )
    return Evidence(what, text, effects, longer(analysis.margin(place)), pick, "×", counts, where=where)


def _say(known: tuple[Series, float, Ratio, float]) -> str:
    series, size, ratio, predicted = known
    letters = ", ".join(f"{letter} = {write_size(series.size(letter))}" for letter in "HL")
    return f"{write_ratio(ratio)} × (d = {write_size(size)}, {letters}; formula {predicted:.3g})"


CLAIM = Claim(
    id="GN2",
    family="score",
    paper=SAREMI,
    words="“The optimization comes with a cost in the form of double backpropagation.”",
    short="φ costs double backpropagation: its step takes longer than ψ's.",
    figure="section “An implicit parametrization of ∇f”",
    printed="a cost; no number",
    threshold="a step of φ longer than one of ψ, both by autodiff, by more than the noise margin of the place, in "
    "the typical cell where the formulas give φ more products",
    command=SWEEPS,
    measure=measure,
)
