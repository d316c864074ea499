"""A family's methods beside other models, libraries and estimates: a figure of error against time, and a table."""

from ...digest import FamilyDigest
from ...digest.fronts import Front, Trade
from ...digest.series import Measured
from ...families import FAMILIES
from ...plots.front import Spot, choose_names, draw_fronts
from ...text import write_bytes, write_error, write_list, write_ratio, write_seconds, write_size
from ..blocks import Cell, Figure, Figures, Section, Table, Text, columns
from ._names import caption, name_series, name_shared, series_cell, size_cell

NOTE = (
    "Filled: the front of the family's own methods, no other of which is better in both. Hollow: beaten, a library or "
    "another model, whose gradient is by other parameters and goes another way. Its error is that of its own "
    "gradient, or, where it learns an inverse, of the likelihood's gradient by W. An estimate's error is that of one "
    "call, its noise included, which a training loop averages over its steps."
)


def build(family: FamilyDigest) -> Section | None:
    """Panels of error against time, and every row with its memory."""
    if not family.rivals:
        return None
    shown = [family.find(key) for key in dict.fromkeys(front.series for front in family.rivals)]
    panels = [(_name(family, front, shown), _place(family, front)) for front in family.rivals]
    told = [f"{title}: {_tell(front)}." for (title, _), front in zip(panels, family.rivals, strict=True)]
    name = f"{family.name.replace('_', '-')}-rivals"
    unit = FAMILIES[family.name].unit.partition(",")[0]
    title = f"{unit[0].upper()}{unit[1:]}: error against the time of a call"
    alt = f"Error against time, methods beside other models. {' '.join(told)}"
    figure = Figures(name_shared(shown), (Figure(name, title, draw_fronts(name, panels, told), alt),))
    note = Text(f"{NOTE} {_tell_values(shown)}".strip(), "note")
    return Section("rivals", "Beside other models and estimates", (figure, note, _tabulate(family, shown)))


def _name(family: FamilyDigest, front: Front, shown: list[Measured]) -> str:
    return f"{name_series(family.find(front.series), shown)}, {family.axis} = {write_size(front.size)}"


def _tell_values(shown: list[Measured]) -> str:
    """Which libraries are not here, since they give the value alone."""
    rows = [row for series in shown for row in series.rows if row.role == "peer" and row.computes == "logdets"]
    names = write_list(f"`{name}`" for name in dict.fromkeys(row.name for row in rows if row.ran))
    return f"{names} estimate the value and give no gradient: they are not here." if names else ""


def _place(family: FamilyDigest, front: Front) -> list[Spot]:
    trades = [trade for trade in front.trades if ":" not in trade.row]
    best = [trade for trade in trades if trade.front]
    named = choose_names([t.row for t in best], [(t.seconds.value, t.error) for t in best]) if best else set()
    named |= {trade.row for trade in trades if trade.row in FAMILIES[family.name].baselines}
    # Of each other kind one: more names would run into each other.
    for kind in (_is_library, _is_model, _is_biased, _is_estimate):
        nearest = sorted(filter(kind, trades), key=lambda t: t.seconds.value if t.exact else t.error)
        named |= {trade.row for trade in nearest[:1]}
    return [Spot(t.row, family.colours[t.row], t.seconds, t.error, t.front, t.row in named) for t in trades]


def _is_library(trade: Trade) -> bool:
    return trade.role == "peer"


def _is_model(trade: Trade) -> bool:
    return trade.role != "peer" and trade.other and trade.exact


def _is_biased(trade: Trade) -> bool:
    return trade.role != "peer" and trade.other and not trade.exact


def _is_estimate(trade: Trade) -> bool:
    return trade.role != "peer" and not trade.other and not trade.exact


def _tell(front: Front) -> str:
    told = [f"{t.row} {write_seconds(t.seconds.value)}, error {write_error(t.error)}" for t in front.trades]
    return "; ".join(told)


def _tabulate(family: FamilyDigest, shown: list[Measured]) -> Table:
    heads = columns(
        ("place", "Where"),
        ("size", family.axis, True),
        ("row", "Row"),
        ("kind", "What it is"),
        ("seconds", "Time", True),
        ("ratio", f"In times of `{FAMILIES[family.name].headlines[0][1]}`", True),
        ("error", "Error", True),
        ("memory", "Memory of a call", True),
    )
    rows = tuple(
        {
            "place": series_cell(family.find(front.series), shown),
            "size": size_cell(family.axis, front.size),
            "row": Cell(trade.row),
            "kind": Cell(_say_kind(trade)),
            "seconds": Cell(write_seconds(trade.seconds)),
            "ratio": Cell(f"{write_ratio(trade.ratio)} ×" if trade.ratio else "–"),
            "error": Cell(write_error(trade.error)),
            "memory": Cell(write_bytes(trade.peak_bytes)),
        }
        for front in family.rivals
        for trade in front.trades
    )
    words = caption("Methods, other models and estimates, the cheapest first", shown)
    return Table(f"{family.name}-rivals", words, heads, rows)


def _say_kind(trade: Trade) -> str:
    """What a reader must know before he compares."""
    if _is_library(trade):
        return "a library, another model" if trade.other else "a library"
    if trade.other:
        return "another model, biased" if _is_biased(trade) else "another model"
    return ("exact" if trade.exact else "an estimate") + (", on the front" if trade.front else "")
