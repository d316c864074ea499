"""What compiling costs, cold and from a cache, and after how many calls it has paid for itself."""

import math

from ...digest import FamilyDigest
from ...digest.compilation import Payoff
from ...digest.series import choose_sweeps
from ...group import group_by
from ...text import write_count, write_ratio, write_seconds, write_size
from ..blocks import Cell, Section, Table, Text, tabulate
from ._lines import choose_rows
from ._names import caption
from ._tables import At, name_spots, tabulate_series

NEVER = {"slower": "never: slower", "same": "never: the same speed", "undetermined": "undetermined"}
NOTE = (
    "Cold: in a process that found nothing cached; cached: from the compiler's own cache on disk. One number each, the "
    "median of the processes; that of the first compiled row of a process has the start of the compiler in it. A "
    "compiled form pays after the calls that its set-up, beyond the eager form's, is worth."
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
    bounds = " [–]" if calls.undetermined else f" [{write_count(calls.low)}, {write_count(calls.high)}]"
    return Cell(f"{write_count(calls.value)}{bounds} calls")


def _tabulate_starts(family: FamilyDigest) -> Table | None:
    shown = list(choose_sweeps(family.series))
    found = [
        At(series, form, known[-1])
        for series in shown
        for row in choose_rows(family, series)
        for form in series.rows
        if form.name in (row.name, f"{row.name}:compiled")
        if (known := [cell for cell in form.ran if not math.isnan(cell.first_call_s)])
    ]
    cached = ("cached", "Compile, cached", lambda at: write_seconds(at.cell.compile_cached_s), True)
    table = tabulate(
        f"{family.name}-starts",
        caption("First calls of the main rows, at the largest size that each ran at", shown),
        found,
        *name_spots(family, shown),
        ("cold", "Compile, cold", lambda at: write_seconds(at.cell.compile_cold_s), True),
        # Only where some process found a cache.
        *([cached] if any(not math.isnan(at.cell.compile_cached_s) for at in found) else []),
        ("first", "First call", lambda at: write_seconds(at.cell.first_call_s), True),
        ("later", "Later calls", lambda at: write_seconds(at.cell.seconds), True),
        folded=True,
    )
    return table if found else None
