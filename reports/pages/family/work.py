"""Work and efficiency: FLOPs, bytes, rates, and the share of what the machine can do."""

import math

from ...digest import FamilyDigest
from ...digest.series import Cell as MeasuredCell
from ...digest.series import Measured, Row, choose_sweeps
from ...families import FAMILIES
from ...plots.multiples import Panel
from ...text import write_bytes, write_count, write_rate, write_ratio, write_share, write_size
from ..blocks import Cell, Section, Table, Text, columns
from ._goals import show_goals
from ._lines import choose_rows, exact, list_ends, make_lines
from ._names import caption, describe_sizes, name_group, name_series
from ._sweeps import draw_sweeps

NOTE = (
    "FLOPs and bytes are the formulas', as eager code executes them: tests hold them to the operations. The share of "
    "the roofline is the time that this work takes at the speed of products and copies measured in the same session, "
    "over the time of a call. Above 100 % a compiler found that work is done twice, as XLA does in "
    "`relative_published`, `jacobian_autodiff`, `cg_published` and `phi_forward_over_reverse`, or a cache was faster "
    "than memory."
)

TF32 = "In tf32 the roofline is that of products alone, which round their factors: what takes an LU stays far below it."


def build(family: FamilyDigest) -> Section | None:
    """A panel a sweep with the shares of the roofline, and the work at its largest size."""
    shown = list(choose_sweeps(family.series))
    figure = draw_sweeps(family, shown, _make_panel, _entitle, "roofline", "Share of the roofline", "share")
    table = _tabulate(family, shown)
    if table is None:
        return None
    note = f"{NOTE} {TF32}" if any(series.place.dtype == "tf32" for series in shown) else NOTE
    return Section("work", "Work and the roofline", (*figure, table, Text(note, "note"), *show_goals(family)))


def _entitle(family: FamilyDigest, drawn: list[Measured]) -> str:
    return f"Share of the measured roofline, {describe_sizes(family, drawn)}"


def _make_panel(family: FamilyDigest, group: tuple[Measured, ...], drawn: list[Measured]) -> Panel:
    lines = make_lines(family, group, lambda cell: exact(_share(cell)), least=2)
    title = name_group(group, drawn)
    return Panel(title, f"{title}: {list_ends(lines, write_share)}.", lines, levels=[(1.0, "the roofline")])


def _share(cell: MeasuredCell) -> float:
    return cell.attainable_s / cell.seconds.value if cell.seconds is not None else math.nan


def _tabulate(family: FamilyDigest, shown: list[Measured]) -> Table | None:
    yardstick, work = FAMILIES[family.name].yardstick, FAMILIES[family.name].work
    heads = columns(
        ("place", "Where"),
        ("row", "Row"),
        ("size", family.axis, True),
        ("flops", "FLOPs", True),
        ("bytes", "Bytes", True),
        ("products", work.capitalize(), True),
        ("rate", "Rate", True),
        ("share", "Of the roofline", True),
        ("ratio", f"In times of `{yardstick}`", True),
    )
    rows = []
    for series in shown:
        for row in choose_rows(family, series):
            cell = row.ran[-1] if row.ran else None
            if cell is not None and cell.flops + cell.bytes > 0:
                rows.append({"place": Cell(name_series(series, shown))} | _measure(family, row, cell))
    words = caption("The work of a call at the largest size that each row ran at, and how fast it was done", shown)
    return Table(f"{family.name}-work", words, heads, tuple(rows)) if rows else None


def _measure(family: FamilyDigest, row: Row, cell: MeasuredCell) -> dict[str, Cell]:
    assert cell.seconds is not None
    rate, share, total = cell.flops / cell.seconds.value, _share(cell), cell.vjps + cell.jvps + cell.evaluations
    products = f"{'' if cell.counted else '≈ '}{total:g}" if total > 0 or cell.counted else "–"
    ratio = cell.ratio if row.name != FAMILIES[family.name].yardstick else None
    return {
        "row": Cell(row.name),
        "size": Cell(write_size(cell.size)),
        "flops": Cell(write_count(cell.flops)),
        "bytes": Cell(write_bytes(cell.bytes)),
        "products": Cell(products),
        "rate": Cell(write_rate(rate)),
        "share": Cell(write_share(share)),
        "ratio": Cell(write_ratio(ratio)),
    }
