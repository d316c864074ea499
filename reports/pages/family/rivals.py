"""A family's methods beside other models, libraries and estimates: a figure of error against time, and a table."""

from ...digest import FamilyDigest
from ...digest.fronts import Front, Trade
from ...digest.series import Measured
from ...families import FAMILIES
from ...text import write_bytes, write_error, write_list, write_ratio, write_seconds, write_size
from ..blocks import Section, Table, Text, tabulate
from ..naming import capital
from ._fronts import name_best, show_fronts
from ._names import caption, name_series
from ._tables import find_shown

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
    shown = find_shown(family, family.rivals)
    title = f"{capital(FAMILIES[family.name].unit.partition(',')[0])}: error against the time of a call"
    words = "Error against time, methods beside other models"
    figure = show_fronts(family, family.rivals, shown, _choose_names, _tell, "rivals", title, words)
    note = Text(f"{NOTE} {_tell_values(shown)}".strip(), "note")
    return Section("rivals", "Beside other models and estimates", (figure, note, _tabulate(family, shown)))


def _tell_values(shown: list[Measured]) -> str:
    """Which libraries are not here, since they give the value alone."""
    rows = [row for series in shown for row in series.rows if row.role == "peer" and row.computes == "logdets"]
    names = write_list(f"`{name}`" for name in dict.fromkeys(row.name for row in rows if row.ran))
    return f"{names} estimate the value and give no gradient: they are not here." if names else ""


def _choose_names(family: FamilyDigest, front: Front) -> set[str]:
    trades = [trade for trade in front.trades if ":" not in trade.row]
    named = name_best(trades)
    named |= {trade.row for trade in trades if trade.row in FAMILIES[family.name].baselines}
    # Of each other kind one: more names would run into each other.
    for kind in ("library", "model", "biased", "estimate"):
        found = [trade for trade in trades if _find_kind(trade) == kind]
        nearest = sorted(found, key=lambda t: t.seconds.value if t.exact else t.error)
        named |= {trade.row for trade in nearest[:1]}
    return named


def _find_kind(trade: Trade) -> str:
    if trade.role == "peer":
        return "library"
    if trade.other:
        return "model" if trade.exact else "biased"
    return "exact" if trade.exact else "estimate"


def _tell(front: Front) -> str:
    told = [f"{t.row} {write_seconds(t.seconds.value)}, error {write_error(t.error)}" for t in front.trades]
    return f": {'; '.join(told)}"


def _tabulate(family: FamilyDigest, shown: list[Measured]) -> Table:
    times = f"In times of `{FAMILIES[family.name].headlines[0][1]}`"
    return tabulate(
        f"{family.name}-rivals",
        caption("Methods, other models and estimates, the cheapest first", shown),
        [(front, trade) for front in family.rivals for trade in front.trades],
        ("place", "Where", lambda pair: name_series(family.find(pair[0].series), shown)),
        ("size", family.axis, lambda pair: write_size(pair[0].size), True),
        ("row", "Row", lambda pair: pair[1].row),
        ("kind", "What it is", lambda pair: _say_kind(pair[1])),
        ("seconds", "Time", lambda pair: write_seconds(pair[1].seconds), True),
        ("ratio", times, lambda pair: f"{write_ratio(pair[1].ratio)} ×" if pair[1].ratio else "–", True),
        ("error", "Error", lambda pair: write_error(pair[1].error), True),
        ("memory", "Memory of a call", lambda pair: write_bytes(pair[1].peak_bytes), True),
    )


def _say_kind(trade: Trade) -> str:
    """What a reader must know before he compares."""
    if trade.role == "peer":
        return "a library, another model" if trade.other else "a library"
    if trade.other:
        return "another model" if trade.exact else "another model, biased"
    return ("exact" if trade.exact else "an estimate") + (", on the front" if trade.front else "")
