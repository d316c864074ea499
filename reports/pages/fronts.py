"""What accuracy costs where methods are approximate by choice: fronts of error, time and products (section 8)."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from ..analysis import Analysis
from ..plots import Spot, choose_names, draw_front
from ..points import NOT_GRADIENTS, Point, Series
from ..statistics import Estimate
from ..text import OUTCOME_WORDS, write_error, write_seconds, write_size
from .blocks import Block, Cell, Figure, Figures, Table, Text, columns, spread
from .common import (
    BASELINES,
    PLACE,
    colours,
    name_fixed,
    name_group,
    name_place,
    name_series,
    name_work,
    place_cell,
    place_data,
    products_data,
    size_cell,
    write_products,
)
from .themes import rank_loose

# Names of rows that are off the front: the one with the least work, the baselines, then the libraries.
MOST_OTHERS = 4
HEADS = (
    ("row", "Row"),
    ("error", "Error", True),
    ("cosine", "Cosine", True),
    ("descent", "Descent", True),
    ("residual", "Residual", True),
    ("seconds", "Time", True),
    ("products", "Products", True),
    ("iterations", "Iterations", True),
    ("outcome", "Outcome"),
)


def _head(family: str) -> tuple[tuple, ...]:
    """The columns, the work by its name."""
    work = name_work(family)
    named = {"products": f"{work[0].upper()}{work[1:]}"}
    return tuple((key, named.get(key, label), *more) for key, label, *more in HEADS)


def show_fronts(analysis: Analysis, family: str) -> tuple[Block, ...]:
    """Fronts at the size where most kinds of problem were measured, then those of every cell as a table."""
    if not any(analysis.approximate_rows(series) for series in analysis.series(family)):
        return ()
    blocks: list[Block] = []
    for group in analysis.groups(family):
        for words, cost in (("time", _take_seconds), (name_work(family), _take_products)):
            drawn = (_draw(analysis, group.size, series, words, cost) for series in group.series)
            figures = tuple(figure for figure in drawn if figure is not None)
            if figures:
                caption = f"{family} on {name_group(analysis, family, group)}: error against {words}"
                blocks.append(Figures(caption, figures, folded=words != "time"))
    note = (
        "The line is the front: no other method is better in both. Hollow: off the front, or a library. Cosine and "
        "descent, `<p, g> / |g|²`, are those of the parameter gradient p against the exact one g: above 0 a step along "
        "it descends. Residual: the largest of a sample, `|v - Jᵀw| / |v|`. `≈`: by the formula, not "
        "counted."
    )
    return (*blocks, Text(note, "note"), _tabulate(analysis, family))


def find_front(points: list[Point], cost: Callable[[Point], Estimate | None]) -> list[Point]:
    """The methods that no other beats in both error and cost, the cheapest first."""
    known = [(c.value, p) for p in points if p.role == "method" and (c := cost(p)) is not None]
    best = [
        (c, p)
        for c, p in known
        if not any(q.error <= p.error and d <= c and (q.error, d) != (p.error, c) for d, q in known)
    ]
    return [p for _, p in sorted(best, key=lambda pair: (pair[0], pair[1].error, pair[1].row))]


def _take_seconds(point: Point) -> Estimate | None:
    return point.seconds


def _take_products(point: Point) -> Estimate | None:
    return Estimate(point.products.total, math.nan, math.nan) if point.products else None


def _list_points(analysis: Analysis, series: Series, size: float) -> list[Point]:
    """The rows that return a gradient, libraries among them, whether they ran or not."""
    found = [p for row in analysis.rows(series) if "~" not in row and (p := analysis.point(series, size, row))]
    return [p for p in found if p.role in ("method", "peer") and p.computes not in NOT_GRADIENTS]


def _draw(
    analysis: Analysis, size: float, series: Series, words: str, cost: Callable[[Point], Estimate | None]
) -> Figure | None:
    points = _list_points(analysis, series, size)
    ran = [p for p in points if p.ok and p.error >= 0 and cost(p) is not None]
    front = find_front(ran, cost)
    if len(front) < 2:
        return None
    costs = {p.row: c for p in ran if (c := cost(p)) is not None}
    places = np.array([(math.log1p(1e9 * costs[p.row].value), math.log(max(p.error, 1e-16))) for p in front])
    named = choose_names([p.row for p in front], places)
    others = [*rank_loose(analysis, series)[:1], *BASELINES.get(series.family, ())]
    others = [row for row in others if row in costs]
    others += sorted((p.row for p in ran if p.role == "peer"), key=lambda row: costs[row].value)
    named |= set([row for row in others if row not in named][:MOST_OTHERS])
    palette, best = colours(analysis, series.family), {p.row for p in front}
    spots = [Spot(p.row, palette[p.row], costs[p.row], p.error, p.row in best, p.row in named) for p in ran]
    kind = "time" if words == "time" else "products"
    key = f"front-{kind}-{analysis.key(series)}-{series.axis.lower()}{size:g}".replace(".", "-")
    place = f"{name_series(analysis, series)}, {series.axis} = {write_size(size)}"
    told = "; ".join(f"{p.row} {write_error(p.error)}" for p in front)
    alt = f"Error against {words} on {place}, both logarithmic. The front, from the cheapest: {told}."
    table = Table(
        key,
        f"Error against {words} on {place}",
        columns(*_head(series.family)),
        tuple(_measure(p, p.row in best) for p in points),
        folded=True,
    )
    title = name_fixed(analysis, series, without="B") or name_place(analysis, series.place, series.family)
    return Figure(key, title, draw_front(key, alt, spots, "" if words == "time" else f"{words} per sample"), alt, table)


def _measure(p: Point, front: bool) -> dict[str, Cell]:
    """All there is to say of one result."""
    total, parts = write_products(p.products)
    quality, tone = p.quality, "bad" if p.outcome == "wrong" else ""
    seconds = p.seconds if p.ok else None
    spent = f"{quality.iterations_mean:.3g} on average" if quality.iterations_mean > 0 else ""
    return {
        "row": Cell(p.row, {"row": p.row, "role": p.role, "exact": p.exact}),
        "error": Cell(write_error(p.error), {"error": p.error}, tone),
        "cosine": Cell(_write(quality.cosine, ".4f"), {"cosine": quality.cosine}, _judge(quality.cosine)),
        "descent": Cell(_write(quality.descent, ".3g"), {"descent": quality.descent}, _judge(quality.descent)),
        "residual": Cell(write_error(quality.residual), {"residual": quality.residual}),
        "seconds": Cell(write_seconds(seconds), spread("seconds", seconds)),
        "products": Cell(total, products_data(p.products), "", parts),
        "iterations": Cell(
            _write(quality.iterations_max, "g"),
            {"iterations_mean": quality.iterations_mean, "iterations_max": quality.iterations_max},
            "",
            spent if quality.iterations_mean != quality.iterations_max else "",
        ),
        "outcome": Cell(
            "on the front" if front else OUTCOME_WORDS[p.outcome],
            {"outcome": p.outcome, "reason": p.reason, "on_front": front},
            "good" if front else "" if p.ok else "off",
            p.reason,
        ),
    }


def _judge(value: float) -> str:
    """A direction that ascends is worth seeing."""
    return "bad" if value <= 0 else ""


def _write(value: float, form: str) -> str:
    return "–" if math.isnan(value) else format(value, form)


def _tabulate(analysis: Analysis, family: str) -> Table:
    """The front of error and time of every cell; every row of every cell in the CSV."""
    shown: list[dict[str, Cell]] = []
    lines: list[dict[str, Any]] = []
    for series in analysis.series(family):
        for size in analysis.sizes(series):
            points = _list_points(analysis, series, size)
            front = find_front([p for p in points if p.ok and p.error >= 0], _take_seconds)
            best = {p.row for p in front}
            told = {p.row: _measure(p, p.row in best) for p in points}
            at = {"place": place_cell(analysis, series), "size": size_cell(series.axis, size)}
            shown += [at | told[p.row] for p in front]
            lines += [
                place_data(series)
                | {series.axis: size}
                | {k: v for cell in cells.values() for k, v in cell.data.items()}
                for cells in told.values()
            ]
    heads = (PLACE, *columns(("size", "Size", True)), *columns(*_head(family)[:-1]))
    caption = f"{family}: the Pareto front of error and time in every cell; every row of it in the CSV"
    return Table(f"front-{family}", caption, heads, tuple(shown), folded=len(shown) > 20, lines=tuple(lines))
