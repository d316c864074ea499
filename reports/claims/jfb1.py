"""JFB1: Jacobian-free backpropagation trains faster, at no cost in accuracy (Wu Fung et al. 2022)."""

from ..analysis import Analysis
from ..points import Place
from ..studies import Study
from ..text import count, write_size
from ._cells import at_place, in_study, list_cells, list_places, list_studies, name_cell, study_margin, write_range
from ._claim import Claim, Evidence, missing
from ._effects import exact, of_epochs, of_ratio
from ._rule import at_most, longer
from ._training import COMMAND, COMPETITIVE, NO_STUDY, STUDY, WU_FUNG, judge_accuracy

# Against the normal equations of the paper, in the order of its public code and in a fair one; and against a solver
# that the paper does not use.
SOLVERS = {"cg_published": True, "cg": True, "gmres": False}


def measure(analysis: Analysis) -> list[Evidence]:
    """Epochs and test accuracy where a study was run; products of `jfb` and its backward pass against exact ones."""
    findings = [found for study in list_studies(analysis, STUDY) for found in _judge_epochs(analysis, study)]
    findings = findings or [missing("time of an epoch and test accuracy", NO_STUDY)]
    for place in list_places(analysis, "implicit"):
        findings += [_judge_backward(analysis, place, solver, counts) for solver, counts in SOLVERS.items()]
        findings.append(_judge_products(analysis, place))
    return findings


def _judge_epochs(analysis: Analysis, study: Study) -> list[Evidence]:
    """Epochs with each solver of the linear system over those with JFB, and what JFB costs in test accuracy."""
    findings = []
    margin, where = study_margin(analysis, study), in_study(analysis, study)
    for method in study.methods:
        effect = of_epochs(study, method, "jfb") if study.exact(method) else None
        if effect is not None:
            counts = SOLVERS.get(method, False)
            text, what = "paired by epoch, over epochs and seeds", f"time of an epoch, {method} over jfb"
            findings.append(Evidence(what, text, (effect,), longer(margin), unit="×", counts=counts, where=where))
            what = f"test accuracy at the end, jfb minus {method}"
            findings += judge_accuracy(analysis, study, [method], what, counts)
    return findings


def _judge_backward(analysis: Analysis, place: Place, solver: str, counts: bool) -> Evidence:
    """Longer in every cell."""
    what = f"time of a backward pass, {solver} over jfb, the least of all cells"
    where, cells = at_place(analysis, place, "implicit"), list(list_cells(analysis, "implicit", place))
    timed = [(*cell, ratio) for cell in cells if (ratio := analysis.ratio(*cell, solver, "jfb")) is not None]
    if not timed:
        return Evidence(what, "not timed side by side", counts=counts, where=where)
    effects = tuple(of_ratio(analysis, series, ratio) for series, _, ratio in timed)
    tried = sum(analysis.point(series, size, solver) is not None for series, size in cells)
    told = write_range([(ratio, name_cell(analysis, series, size)) for series, size, ratio in timed])
    text = f"{told}, in {count(len(timed), 'cell')}"
    if tried > len(timed):
        text += f"; {solver} did not run or did not converge in {tried - len(timed)} more"
    limits = longer(analysis.margin(place))
    return Evidence(what, text, effects, limits, unit="×", counts=counts, where=where)


def _judge_products(analysis: Analysis, place: Place) -> Evidence:
    """What the operator counted; a formula that says 0 is no measurement."""
    spent: dict[str, list[float]] = {}
    counted = True
    for series, size in list_cells(analysis, "implicit", place):
        for row in ("jfb", *SOLVERS):
            point = analysis.point(series, size, row)
            if point is not None and point.ok and point.products is not None:
                spent.setdefault(row, []).append(point.products.total)
                counted = counted and (row != "jfb" or point.products.counted)
    what, where = "products of a backward pass of jfb", at_place(analysis, place, "implicit")
    if "jfb" not in spent:
        return Evidence(what, "jfb never ran", where=where)
    told = [f"{row} {_span(values)}" for row, values in spent.items()]
    how = "counted by the operator" if counted else "by the formula"
    text = f"per sample, over {count(len(spent['jfb']), 'cell')}: {'; '.join(told)} (those of jfb {how})"
    effects = tuple(exact(value) for value in spent["jfb"])
    return Evidence(what, text, effects, at_most(0), "most", "products", counts=counted, where=where)


def _span(values: list[float]) -> str:
    least, most = min(values), max(values)
    return write_size(least) if least == most else f"{write_size(least)} to {write_size(most)}"


CLAIM = Claim(
    id="JFB1",
    family="implicit",
    paper=WU_FUNG,
    words="“JFB makes implicit networks faster to train and significantly easier to implement, without sacrificing "
    "test accuracy”; “# of J mat-vec products”: 0.",
    short="JFB trains faster than solving the linear system, and as accurately.",
    figure="abstract and table 2",
    printed="epochs 1.6 × (MNIST), 2.5 × (SVHN) and 3.6 × (CIFAR10) shorter; 0 products; accuracy 0.2 to 5.8 points "
    "higher",
    threshold="an epoch and a backward pass with the normal equations longer by more than the noise margin of the "
    f"place, everywhere; at most {COMPETITIVE:g} point of test accuracy lost, over seeds and images; 0 products",
    command=COMMAND,
    measure=measure,
)
