"""JFB3: fewer terms of the Neumann series train faster and are as accurate (Wu Fung et al. 2022)."""

import math
from functools import partial
from itertools import pairwise

from ..analysis import Analysis
from ..points import Place, Point, Series
from ..statistics import Ratio
from ..studies import Study, epoch_ratios
from ..text import count, write_error, write_ratio
from ._cells import at_place, in_study, list_cells, list_places, list_studies, name_cell, study_margin, write_range
from ._claim import Claim, Evidence, Where, missing
from ._effects import exact, keep, of_epochs, of_ratio
from ._rule import Effect, Limits, at_most, find_effect, longer
from ._training import COMMAND, COMPETITIVE, NO_STUDY, STUDY, WU_FUNG, judge_accuracy


def measure(analysis: Analysis) -> list[Evidence]:
    """Epochs and test accuracy by k where a study was run; backward passes with more terms over such with fewer."""
    findings = [found for study in list_studies(analysis, STUDY) for found in _judge_orders(analysis, study)]
    findings = findings or [missing("time of an epoch and test accuracy by k", NO_STUDY)]
    return findings + [found for place in list_places(analysis, "implicit") for found in _judge_place(analysis, place)]


def _judge_orders(analysis: Analysis, study: Study) -> list[Evidence]:
    orders = sorted((k, method) for method in study.methods if (k := study.order(method)))
    effects = keep([of_epochs(study, method, "jfb") for _, method in orders])
    if not effects:
        return []
    ratios = epoch_ratios(study, "jfb")
    text = "; ".join(f"k = {k} {write_ratio(ratios[method])} ×" for k, method in orders if method in ratios)
    limits = longer(study_margin(analysis, study))
    what = "time of an epoch with k terms over jfb, the least of all k"
    timed = Evidence(what, text, effects, limits, unit="×", where=in_study(analysis, study))
    accuracy = "test accuracy at the end, jfb minus k terms, the least of all k"
    return [timed, *judge_accuracy(analysis, study, [method for _, method in orders], accuracy, True)]


def _judge_place(analysis: Analysis, place: Place) -> list[Evidence]:
    """The most terms over none; each k over the one before, which it may equal but not beat: in the typical cell."""
    runs = [
        (series, size, ran)
        for series, size in list_cells(analysis, "implicit", place)
        if len(ran := _list_orders(analysis, series, size)) > 1 and ran[0][0] == "jfb"
    ]
    ends: list[Effect] = []
    steps: dict[tuple[str, str], list[Effect]] = {}
    known: list[tuple[Ratio, str]] = []
    for series, size, ran in runs:
        last = ran[-1][0]
        if (ratio := analysis.ratio(series, size, last, "jfb")) is not None:
            ends.append(of_ratio(analysis, series, ratio))
            known.append((ratio, f"{last}, {name_cell(analysis, series, size)}"))
        for (a, _), (b, _) in pairwise(ran):
            cells, ratio = steps.setdefault((a, b), []), analysis.ratio(series, size, b, a)
            cells += [of_ratio(analysis, series, ratio)] if ratio is not None else []
    where, margin = at_place(analysis, place, "implicit"), analysis.margin(place)
    what = "time of a backward pass, most terms over jfb, the typical cell"
    if not known:
        return [Evidence(what, "no truncated series was timed beside jfb", where=where)]
    no_slower = Limits(low=1 / (1 + margin), fails_below=1 / (1 + margin))
    typical = tuple(partial(find_effect, cells, pick="typical") for cells in steps.values() if cells)
    step = f"{', '.join(f'{b} over {a}' for a, b in steps)}, in {count(len(runs), 'cell')}"
    return [
        Evidence(what, write_range(known), tuple(ends), longer(margin), "typical", "×", where=where),
        Evidence("time of each k over the k before, the least step", step, typical, no_slower, unit="×", where=where),
        _judge_errors([(ran, name_cell(analysis, series, size)) for series, size, ran in runs], where),
    ]


def _list_orders(analysis: Analysis, series: Series, size: float) -> list[tuple[str, Point]]:
    """`jfb` and the rows of the truncated series that ran, by their terms."""
    orders = {row: analysis.facts(series, row).settings.get("k", 0) for row in analysis.rows(series)}
    # Not those that start from the last training step.
    terms = [row for row in orders if row.removeprefix("neumann_").isdigit()]
    found = ((row, analysis.point(series, size, row)) for row in ["jfb", *sorted(terms, key=lambda row: orders[row])])
    return [(row, point) for row, point in found if point is not None and point.ok]


def _judge_errors(errors: list[tuple[list[tuple[str, Point]], str]], where: Where) -> Evidence:
    """What the terms buy: the largest error of a k over that of the one before, and all errors of the cell it is in."""
    grown = [
        (b.error / a.error, j) for j, (run, _) in enumerate(errors) for (_, a), (_, b) in pairwise(run) if a.error > 0
    ]
    told, cell = errors[max((known for known in grown if not math.isnan(known[0])), default=(0.0, 0))[1]]
    text = f"{', '.join(f'{row} {write_error(point.error)}' for row, point in told)} ({cell})"
    what, effects = "error of a k over that of the one before, the largest", tuple(exact(growth) for growth, _ in grown)
    return Evidence(what, text, effects, at_most(1), "most", "×", counts=False, where=where)


CLAIM = Claim(
    id="JFB3",
    family="implicit",
    paper=WU_FUNG,
    words="“Plots show faster training with fewer terms (fastest with JFB, i.e. k = 0) and competitive test accuracy.”",
    short="Fewer Neumann terms train faster, JFB fastest, at competitive accuracy.",
    figure="figure 6",
    printed="curves by k; no numbers",
    threshold="an epoch with any k, and in the typical cell a backward pass with the most terms, longer than with none "
    "by more than the noise margin of the place; no k saves time over the one before; at most "
    f"{COMPETITIVE:g} point of test accuracy lost",
    command=COMMAND,
    measure=measure,
)
