"""What compiling costs, cold and from a cache, and after how many calls it has paid for itself."""

import math

from ...digest import FamilyDigest
from ...digest.compilation import Payoff
from ...digest.series import Cell as MeasuredCell
from ...digest.series import choose_sweeps
from ...text import write_count, write_ratio, write_seconds
from ..blocks import Cell, Section, Table, Text, columns
from ._lines import choose_rows
from ._names import caption, pick_sizes, series_cell, size_cell

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
    shown = [family.find(key) for key in dict.fromkeys(payoff.series for payoff in family.payoffs)]
    rows = []
    for series in shown:
        here = [payoff for payoff in family.payoffs if payoff.series == series.key]
        for name in dict.fromkeys(payoff.row for payoff in here):
            picked = pick_sizes(payoff.size for payoff in here if payoff.row == name)
            for payoff in here:
                # The ends say it: what compiling saves shrinks as the size grows.
                if payoff.row == name and payoff.size in (picked[0], picked[-1]):
                    rows.append({"place": series_cell(series, shown)} | _weigh(family, payoff))
    heads = columns(
        ("place", "Where"),
        ("row", "Row"),
        ("size", family.axis, True),
        ("setup", "Set-up beyond eager, cold", True),
        ("ratio", "Eager / compiled", True),
        ("calls", "Pays after"),
    )
    words = caption("Compiled beside eager, at the smallest and the largest size where both ran", shown)
    return Table(f"{family.name}-payoffs", words, heads, tuple(rows))


def _weigh(family: FamilyDigest, payoff: Payoff) -> dict[str, Cell]:
    calls = payoff.calls
    if calls is None:
        text = NEVER.get(payoff.verdict, "its set-up was not timed cold")
    elif not payoff.setup_s > 0:
        text = "the first call"
    else:
        bounds = "" if calls.undetermined else f" [{write_count(calls.low)}, {write_count(calls.high)}]"
        text = f"{write_count(calls.value)}{bounds} calls"
    tone = "" if calls is not None else "off" if payoff.verdict in ("slower", "same") else "undecided"
    setup = "none" if payoff.setup_s <= 0 else write_seconds(payoff.setup_s)
    return {
        "row": Cell(payoff.row),
        "size": size_cell(family.axis, payoff.size),
        "setup": Cell(setup),
        "ratio": Cell(f"{write_ratio(payoff.ratio)} ×"),
        "calls": Cell(text, tone),
    }


def _tabulate_starts(family: FamilyDigest) -> Table | None:
    shown = list(choose_sweeps(family.series))
    rows = []
    for series in shown:
        for row in choose_rows(family, series):
            forms = [r for r in series.rows if r.name in (row.name, f"{row.name}:compiled")]
            for form in forms:
                known = [cell for cell in form.ran if not math.isnan(cell.first_call_s)]
                if known:
                    rows.append({"place": series_cell(series, shown), **_start(family, form.name, known[-1])})
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


def _start(family: FamilyDigest, name: str, cell: MeasuredCell) -> dict[str, Cell]:
    return {
        "row": Cell(name),
        "size": size_cell(family.axis, cell.size),
        "cold": Cell(write_seconds(cell.compile_cold_s)),
        "cached": Cell(write_seconds(cell.compile_cached_s)),
        "first": Cell(write_seconds(cell.first_call_s)),
        "later": Cell(write_seconds(cell.seconds)),
    }
