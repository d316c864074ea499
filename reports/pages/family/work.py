"""Work and efficiency: FLOPs, bytes, rates, and the share of what the machine can do."""

import math

from ...digest import FamilyDigest
from ...digest.series import Cell as MeasuredCell
from ...digest.series import Measured, choose_sweeps
from ...families import FAMILIES
from ...plots.multiples import Panel
from ...text import write_bytes, write_count, write_rate, write_ratio, write_share
from ..blocks import Section, Table, Text, tabulate
from ._goals import show_goals
from ._lines import choose_rows, draw_sweeps, exact, list_ends, make_lines
from ._names import caption, name_group
from ._tables import At, name_spots

NOTE = (
    "FLOPs and bytes are the formulas': tests hold them to the operations that run. The share of the roofline is the "
    "time that this work takes at the speed of products and copies measured in the same session, over the time of a "
    "call. Above 100 % a cache was faster than memory, or a compiler found that work is done twice: records from "
    "before 29 November 2026 tell eager code's work of JAX's `relative_published`, `jacobian_autodiff` and "
    "`phi_forward_over_reverse`, of which XLA leaves some out."
)

TF32 = "In tf32 the roofline is that of products alone, which round their factors: what takes an LU stays far below it."


def build(family: FamilyDigest) -> Section | None:
    """A panel a sweep with the shares of the roofline, and the work at its largest size."""
    shown, title = list(choose_sweeps(family.series)), "Share of the measured roofline"
    figure = draw_sweeps(family, shown, _make_panel, title, "roofline", "Share of the roofline", "share")
    table = _tabulate(family, shown)
    if table is None:
        return None
    note = f"{NOTE} {TF32}" if any(series.place.dtype == "tf32" for series in shown) else NOTE
    return Section("work", "Work and the roofline", (*figure, table, Text(note, "note"), *show_goals(family)))


def _make_panel(family: FamilyDigest, group: tuple[Measured, ...], drawn: list[Measured]) -> Panel:
    lines = make_lines(family, group, lambda cell: exact(_over_time(cell.attainable_s, cell)), least=2)
    title = name_group(group, drawn)
    return Panel(title, f"{title}: {list_ends(lines, write_share)}.", lines, levels=[(1.0, "the roofline")])


def _over_time(amount: float, cell: MeasuredCell) -> float:
    return amount / cell.seconds.value if cell.seconds is not None else math.nan


def _tabulate(family: FamilyDigest, shown: list[Measured]) -> Table | None:
    yardstick = FAMILIES[family.name].yardstick
    last = (At(series, row, row.ran[-1]) for series in shown for row in choose_rows(family, series))
    found = [at for at in last if at.cell.flops + at.cell.bytes > 0]
    products, times = FAMILIES[family.name].work.capitalize(), f"In times of `{yardstick}`"
    table = tabulate(
        f"{family.name}-work",
        caption("The work of a call at the largest size that each row ran at, and how fast it was done", shown),
        found,
        *name_spots(family, shown),
        ("flops", "FLOPs", lambda at: write_count(at.cell.flops), True),
        ("bytes", "Bytes", lambda at: write_bytes(at.cell.bytes), True),
        ("products", products, lambda at: _count(at.cell), True),
        ("rate", "Rate", lambda at: write_rate(_over_time(at.cell.flops, at.cell)), True),
        ("share", "Of the roofline", lambda at: write_share(_over_time(at.cell.attainable_s, at.cell)), True),
        ("ratio", times, lambda at: write_ratio(at.cell.ratio if at.row.name != yardstick else None), True),
    )
    return table if found else None


def _count(cell: MeasuredCell) -> str:
    total = cell.vjps + cell.jvps + cell.evaluations
    return f"{'' if cell.counted else '≈ '}{total:g}" if total > 0 or cell.counted else "–"
