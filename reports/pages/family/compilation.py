"""What compiling costs, cold and from a cache, and after how many calls it has paid for itself."""

import math

from ...digest import FamilyDigest
from ...digest.compilation import Payoff
from ...digest.series import Cell as MeasuredCell
from ...digest.series import choose_sweeps
from ...group import group_by
from ...text import write_count, write_ratio, write_seconds, write_size
from ..blocks import Cell, Section, Table, Text, columns
from ._lines import choose_rows
from ._names import caption, name_series
from ._tables import tabulate_series

NEVER = {"slower": "never: slower", "same": "never: the same speed", "undetermined": "undetermined"}
NOTE = (
    "Cold: in a process that found nothing cached; cached: from the compiler's own cache on disk. One number each, the "
    "median of the processes. A compiled form pays after the calls that its set-up, beyond the eager form's, is worth."
)


def build(family: FamilyDigest) -> Section | None:
    """Where compiled forms pay, then the first calls of the main rows."""
    tables = [table for table in (_tabulate_payoffs(family), _tabulate_starts(family)) if table is not None]
    return Section("compilation", "Compilation and the first call", (*tables, Text(NOTE, "note"))) if tables else None


def _tabulate_payoffs(family: FamilyDigest) -> Table | None:
    if not family.payoffs:
        return None
    groups = group_by(family.payoffs, lambda payoff: (payoff.series, payoff.row)).values()
    return tabulate_series(
        family,
        "payoffs",
        "Compiled beside eager, at the smallest and the largest size where both ran",
        # The ends say it: what compiling saves shrinks as the size grows.
        [payoff for found in groups for payoff in found if payoff.size in (found[0].size, found[-1].size)],
        ("row", "Row", lambda p: p.row),
        ("size", family.axis, lambda p: write_size(p.size), True),
        ("setup", "Set-up beyond eager, cold", lambda p: "none" if p.setup_s <= 0 else write_seconds(p.setup_s), True),
        ("ratio", "Eager / compiled", lambda p: f"{write_ratio(p.ratio)} ×", True),
        ("calls", "Pays after", _write_calls),
    )


def _write_calls(payoff: Payoff) -> Cell:
    calls = payoff.calls
    if calls is None:
        tone = "off" if payoff.verdict in ("slower", "same") else "undecided"
        return Cell(NEVER.get(payoff.verdict, "its set-up was not timed cold"), tone)
    if not payoff.setup_s > 0:
        return Cell("the first call")
    bounds = "" if calls.undetermined else f" [{write_count(calls.low)}, {write_count(calls.high)}]"
    return Cell(f"{write_count(calls.value)}{bounds} calls")


def _tabulate_starts(family: FamilyDigest) -> Table | None:
    shown = list(choose_sweeps(family.series))
    rows = []
    for series in shown:
        for row in choose_rows(family, series):
            forms = [r for r in series.rows if r.name in (row.name, f"{row.name}:compiled")]
            for form in forms:
                known = [cell for cell in form.ran if not math.isnan(cell.first_call_s)]
                if known:
                    rows.append({"place": Cell(name_series(series, shown)), **_start(form.name, known[-1])})
    # Only where some process found a cache.
    cached = [("cached", "Compile, cached", True)] if any(line["cached"].text != "–" for line in rows) else []
    heads = columns(
        ("place", "Where"),
        ("row", "Row"),
        ("size", family.axis, True),
        ("cold", "Compile, cold", True),
        *cached,
        ("first", "First call", True),
        ("later", "Later calls", True),
    )
    words = caption("First calls of the main rows, at the largest size that each ran at", shown)
    return Table(f"{family.name}-starts", words, heads, tuple(rows), folded=True) if rows else None


def _start(name: str, cell: MeasuredCell) -> dict[str, Cell]:
    return {
        "row": Cell(name),
        "size": Cell(write_size(cell.size)),
        "cold": Cell(write_seconds(cell.compile_cold_s)),
        "cached": Cell(write_seconds(cell.compile_cached_s)),
        "first": Cell(write_seconds(cell.first_call_s)),
        "later": Cell(write_seconds(cell.seconds)),
    }
