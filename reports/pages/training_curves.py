"""What the pages of all studies share: curves over the seconds of training, and what an epoch costs."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ..plots import Line, assign_colours
from ..plots.study import draw_study
from ..statistics import Estimate
from ..studies import Study, curve, epoch_seconds
from ..text import count, write_estimate, write_percent, write_ratio, write_seconds
from .blocks import Cell, Figure, Table, columns, spread

MARKED = 30  # epochs that can all be told apart


@dataclass(frozen=True)
class Measure:
    """A quantity that an epoch's row holds: its field, what it is, whether it is told in percent."""

    field: str
    what: str
    percent: bool = False
    least: float = 0.0  # a method whose values all lie below this has rounding only, and would squeeze the others


def draw_curves(
    study: Study,
    prefix: str,
    measures: Sequence[Measure],
    methods: Sequence[str] | None = None,
    label: Callable[[str], str] = str,
    unit: str = "epoch",
    head: str = "Method",
) -> list[Figure]:
    """A figure for each measure, its lines the methods of the study, or those of them that are named."""
    palette, figures = assign_colours(study.methods), []
    for measure in measures:
        lines, table = [], []
        for method in study.methods if methods is None else methods:
            seconds, values = curve(study, method, measure.field)
            if not seconds or max(v.value for v in values) < measure.least:
                continue
            kept = _thin(len(seconds))
            drawn = [_scale(v, 100) for v in values] if measure.percent else values
            lines.append(Line(label(method), palette[method], [seconds[j] for j in kept], [drawn[j] for j in kept]))
            table += [
                {
                    "row": Cell(method, {"method": method}),
                    "epoch": Cell(str(number), {unit: number}),
                    "seconds": Cell(write_seconds(x), {"seconds": x}),
                    "value": Cell(write_percent(v) if measure.percent else write_estimate(v), spread(measure.field, v)),
                }
                for number, (x, v) in enumerate(zip(seconds, values, strict=True), 1)
            ]
        if not lines:
            continue
        name, what = f"{prefix}-{measure.field}".replace("_", "-"), measure.what
        ends = "; ".join(f"{line.label} {line.values[-1].value:.3g} after {line.sizes[-1]:.3g} s" for line in lines)
        alt = f"{what.capitalize()} against seconds of training on {study.data}: {ends}."
        heads = columns(
            ("row", head), ("epoch", unit.capitalize(), True), ("seconds", "Seconds", True), ("value", what, True)
        )
        figures.append(
            Figure(
                name,
                f"{study.data}: {what}, median and range of {count(len(study.seeds), 'seed')}",
                draw_study(name, alt, lines, what, percent=measure.percent),
                alt,
                Table(name, f"{what.capitalize()} by {unit}", heads, tuple(table), folded=True),
            )
        )
    return figures


def cost_cells(study: Study, method: str, ratio: Estimate | None, baseline: str) -> dict[str, Cell]:
    """Columns ``seconds`` and ``ratio``: an epoch's time, and that over the baseline's."""
    seconds = epoch_seconds(study, method)
    return {
        "seconds": Cell(write_seconds(seconds), spread("seconds", seconds)),
        "ratio": Cell(f"{write_ratio(ratio)} ×" if ratio else "1", spread("ratio", ratio) | {"baseline": baseline}),
    }


def _scale(value: Estimate, factor: float) -> Estimate:
    return Estimate(value.value * factor, value.low * factor, value.high * factor, value.n, value.confidence)


def _thin(number: int) -> list[int]:
    """Epochs to mark on a logarithmic axis: all where there are few, else all of the first, then ever fewer."""
    if number <= MARKED:
        return list(range(number))
    kept, j = [], 0
    while j < number - 1:
        kept.append(j)
        j = max(j + 1, round(1.25 * (j + 1)) - 1)
    return [*kept, number - 1]
