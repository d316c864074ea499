"""What accuracy costs: fronts where methods are approximate by choice, else the largest error of each row."""

import math

from ...digest import FamilyDigest
from ...digest.fronts import Front, Trade
from ...digest.series import Measured, choose_sweeps
from ...families import FAMILIES
from ...plots.front import Spot, choose_names, draw_fronts
from ...text import write_error, write_seconds, write_size
from ..blocks import Block, Cell, Column, Figure, Figures, Section, Table, Text, columns
from ._names import caption, group_states, name_series, name_shared, series_cell, size_cell

# A longer table keeps those that are named in the figure.
MOST_ROWS = 60
MEASURES = ("cosine", "descent", "residual")
FRONT_NOTE = "The line is the front: no other method is better in both. Hollow: off the front, or a library."
MEASURES_NOTE = (
    "Cosine and descent, `<p, g> / |g|²`, are those of the parameter gradient p against the exact one g: above 0 a "
    "step along it descends. Residual: the largest of a sample, `|v - Jᵀw| / |v|`."
)
ERROR_NOTE = (
    "Relative error of the timed result against the float64 reference, the worst size and process; a result above its "
    "tolerance is not timed."
)
NO_FRONT_NOTE = "Every method of this family is exact: accuracy is no choice, and there is no front."
RIVALS_NOTE = "Estimates and other models, with their front, have a chapter of their own below."


def build(family: FamilyDigest) -> Section | None:
    """Fronts with a table of the methods on them, or a table of errors."""
    blocks = _show_fronts(family) if family.fronts else _show_errors(family)
    return Section("accuracy", "Accuracy against cost", tuple(blocks)) if blocks else None


def _show_fronts(family: FamilyDigest) -> list[Block]:
    shown = [family.find(front.series) for front in family.fronts]
    order = [series.key for group in group_states(shown) for series in group]
    fronts = sorted(family.fronts, key=lambda front: order.index(front.series))
    panels = [(_name(family, front, shown), _place(family, front)) for front in fronts]
    name = f"{family.name.replace('_', '-')}-front"
    told = []
    for (title, _), front in zip(panels, fronts, strict=True):
        best = "; ".join(f"{trade.row} {write_error(trade.error)}" for trade in front.trades if trade.front)
        told.append(f"{title}. The front, from the cheapest: {best}.")
    figure = Figure(
        name,
        "Error against the time of a call",
        draw_fronts(name, panels, told),
        f"Error against time. {' '.join(told)}",
    )
    table = _tabulate(family, shown)
    measured = any(column.key in MEASURES for column in table.columns)
    note = f"{FRONT_NOTE} {MEASURES_NOTE}" if measured else FRONT_NOTE
    return [Figures(name_shared(shown), (figure,)), Text(note, "note"), table]


def _name(family: FamilyDigest, front: Front, shown: list[Measured]) -> str:
    return f"{name_series(family.find(front.series), shown)}, {family.axis} = {write_size(front.size)}"


def _place(family: FamilyDigest, front: Front) -> list[Spot]:
    """The spots of a panel, those with a name chosen."""
    named, known = _choose_names(front), [trade.row for trade in front.trades]
    # Off the front what users run today and the fastest library are named: more names would run into each other.
    named |= set([row for row in FAMILIES[family.name].baselines if row in known][:1])
    named |= set([trade.row for trade in front.trades if trade.role == "peer"][:1])
    return [
        Spot(t.row, family.colours[t.row], t.seconds, t.error, t.front, t.row in named)
        for t in front.trades
        if ":" not in t.row
    ]


def _choose_names(front: Front) -> set[str]:
    """Those on the front that are far enough apart to be told."""
    best = [trade for trade in front.trades if trade.front]
    return choose_names([trade.row for trade in best], [(trade.seconds.value, trade.error) for trade in best])


def _tabulate(family: FamilyDigest, shown: list[Measured]) -> Table:
    pairs = [(front, trade) for front in family.fronts for trade in front.trades if trade.front]
    if len(pairs) > MOST_ROWS:
        pairs = [(front, trade) for front, trade in pairs if trade.row in _choose_names(front)][:MOST_ROWS]
    heads = [
        ("place", "Where"),
        ("size", family.axis, True),
        ("row", "Row"),
        ("seconds", "Time", True),
        ("error", "Error", True),
        ("products", FAMILIES[family.name].work.capitalize(), True),
    ]
    # Only where something was recorded.
    measures = [n for n in MEASURES if any(getattr(t, n) == getattr(t, n) for _, t in pairs)]
    heads += [(name, name.capitalize(), True) for name in measures]
    rows = []
    for front, trade in pairs:
        line = {
            "place": series_cell(family.find(front.series), shown),
            "size": size_cell(family.axis, front.size),
            "row": Cell(trade.row),
            "seconds": Cell(write_seconds(trade.seconds)),
            "error": Cell(write_error(trade.error)),
            "products": Cell(_count(trade)),
        }
        rows.append(line | {measure: _write(trade, measure) for measure in measures})
    words = caption("The methods on the front, the cheapest first", shown)
    return Table(f"{family.name}-front", words, columns(*heads), tuple(rows))


def _count(trade: Trade) -> str:
    sure = trade.counted or not trade.products
    return "–" if math.isnan(trade.products) else f"{'' if sure else '≈ '}{trade.products:g}"


def _write(trade: Trade, measure: str) -> Cell:
    value = getattr(trade, measure)
    text = write_error(value) if measure == "residual" else "–" if math.isnan(value) else f"{value:.4g}"
    # A direction that ascends is worth seeing.
    return Cell(text, "bad" if measure != "residual" and value <= 0 else "")


def _show_errors(family: FamilyDigest) -> list[Block]:
    shown = choose_sweeps(family.series)
    names = dict.fromkeys(row.name for series in shown for row in series.rows if ":" not in row.name)
    rows, wrong = [], []
    for name in names:
        line = {"row": Cell(name)}
        for series in shown:
            row = series.row(name)
            known = [cell for cell in row.ran if cell.error >= 0] if row is not None else []
            if known:
                worst = max(known, key=lambda cell: cell.error)
                at = f"{family.axis} = {write_size(worst.size)}{f', {worst.measure}' if worst.measure else ''}"
                line[series.key] = Cell(write_error(worst.error), "", at)
        rows += [line] if len(line) > 1 else []
    for series in shown:
        cells = [(row, cell) for row in series.rows for cell in row.cells if cell.outcome == "wrong"]
        wrong += [f"{name_series(series, shown)}: `{r.name}` at {write_size(c.size)}, {c.reason}" for r, c in cells]
    if not rows:
        return []
    heads = (Column("row", "Row"), *(Column(series.key, name_series(series, shown), True) for series in shown))
    table = Table(
        f"{family.name}-errors", caption("The largest error of each row", shown), heads, tuple(rows), folded=True
    )
    told = [Text(f"Wrong results, not timed: {'; '.join(wrong)}.")] if wrong else []
    return [Text(f"{ERROR_NOTE} {RIVALS_NOTE if family.rivals else NO_FRONT_NOTE}", "note"), *told, table]
