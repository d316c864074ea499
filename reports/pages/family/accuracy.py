"""What accuracy costs: fronts where methods are approximate by choice, else the largest error of each row."""

import math
from functools import partial

from ...digest import FamilyDigest
from ...digest.fronts import Front, Trade
from ...digest.series import Measured, Row, choose_sweeps
from ...families import FAMILIES
from ...text import write_error, write_seconds, write_size
from ..blocks import Block, Cell, Section, Table, Text, tabulate
from ._fronts import name_best, show_fronts
from ._names import caption, group_states, name_series
from ._tables import find_shown, tabulate_rows

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
    shown = find_shown(family, family.fronts)
    order = [series.key for group in group_states(shown) for series in group]
    fronts = sorted(family.fronts, key=lambda front: order.index(front.series))
    title, words = "Error against the time of a call", "Error against time"
    figure = show_fronts(family, fronts, shown, _choose_names, _tell, "front", title, words)
    table = _tabulate(family, shown)
    measured = any(column.key in MEASURES for column in table.columns)
    note = f"{FRONT_NOTE} {MEASURES_NOTE}" if measured else FRONT_NOTE
    return [figure, Text(note, "note"), table]


def _choose_names(family: FamilyDigest, front: Front) -> set[str]:
    """Off the front what users run today and the fastest library are named: more names would run into each other."""
    known = [trade.row for trade in front.trades]
    baselines = [row for row in FAMILIES[family.name].baselines if row in known]
    peers = [trade.row for trade in front.trades if trade.role == "peer"]
    return {*name_best(front.trades), *baselines[:1], *peers[:1]}


def _tell(front: Front) -> str:
    best = "; ".join(f"{trade.row} {write_error(trade.error)}" for trade in front.trades if trade.front)
    return f". The front, from the cheapest: {best}"


def _tabulate(family: FamilyDigest, shown: list[Measured]) -> Table:
    pairs = [(front, trade) for front in family.fronts for trade in front.trades if trade.front]
    if len(pairs) > MOST_ROWS:
        pairs = [(front, trade) for front, trade in pairs if trade.row in name_best(front.trades)][:MOST_ROWS]
    # Only where something was recorded.
    measures = [n for n in MEASURES if any(not math.isnan(getattr(t, n)) for _, t in pairs)]
    return tabulate(
        f"{family.name}-front",
        caption("The methods on the front, the cheapest first", shown),
        pairs,
        ("place", "Where", lambda pair: name_series(family.find(pair[0].series), shown)),
        ("size", family.axis, lambda pair: write_size(pair[0].size), True),
        ("row", "Row", lambda pair: pair[1].row),
        ("seconds", "Time", lambda pair: write_seconds(pair[1].seconds), True),
        ("error", "Error", lambda pair: write_error(pair[1].error), True),
        ("products", FAMILIES[family.name].work.capitalize(), lambda pair: _count(pair[1]), True),
        *((name, name.capitalize(), partial(_write, measure=name), True) for name in measures),
    )


def _count(trade: Trade) -> str:
    sure = trade.counted or not trade.products
    return "–" if math.isnan(trade.products) else f"{'' if sure else '≈ '}{trade.products:g}"


def _write(pair: tuple[Front, Trade], measure: str) -> Cell:
    value = getattr(pair[1], measure)
    text = write_error(value) if measure == "residual" else "–" if math.isnan(value) else f"{value:.4g}"
    # A direction that ascends is worth seeing.
    return Cell(text, "bad" if measure != "residual" and value <= 0 else "")


def _show_errors(family: FamilyDigest) -> list[Block]:
    shown = choose_sweeps(family.series)
    words, find = "The largest error of each row", partial(_find_worst, family)
    table = tabulate_rows(family, "errors", words, shown, find, numeric=True)
    if table is None:
        return []
    wrong = []
    for series in shown:
        cells = [(row, cell) for row in series.rows for cell in row.cells if cell.outcome == "wrong"]
        wrong += [f"{name_series(series, shown)}: `{r.name}` at {write_size(c.size)}, {c.reason}" for r, c in cells]
    told = [Text(f"Wrong results, not timed: {'; '.join(wrong)}.")] if wrong else []
    return [Text(f"{ERROR_NOTE} {RIVALS_NOTE if family.rivals else NO_FRONT_NOTE}", "note"), *told, table]


def _find_worst(family: FamilyDigest, _: Measured, row: Row) -> Cell | None:
    known = [cell for cell in row.ran if cell.error >= 0]
    if not known:
        return None
    worst = max(known, key=lambda cell: cell.error)
    at = f"{family.axis} = {write_size(worst.size)}{f', {worst.measure}' if worst.measure else ''}"
    return Cell(write_error(worst.error), "", at)
