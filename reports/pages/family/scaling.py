"""Seconds against the size."""

from collections.abc import Iterable
from dataclasses import replace

from ...digest import FamilyDigest
from ...digest.answers import CellAnswer
from ...digest.rules import WITHIN
from ...digest.series import SWEEP_SIZES, Measured, choose_sweeps
from ...families import FAMILIES
from ...plots.multiples import Panel
from ...text import write_seconds, write_share, write_size
from ..blocks import Block, Cell, Column, Section, Table, Text, columns
from ._lines import choose_rows, draw_sweeps, list_ends, make_lines
from ._names import caption, describe_sizes, name_backends, name_group, name_series

GUIDE = (
    "Points are medians with their 95 % interval where one is known, often smaller than the point. A cross is where "
    "memory ran out, a triangle where a call became too long to time, both at the time that the growth so far or the "
    "cost formula predicts. The dotted roofline is the time of the yardstick's work, `{}`, at the speed measured on "
    "this machine."
)


def build(family: FamilyDigest) -> Section | None:
    """A panel a sweep, and the times at one size of what was measured at few."""
    shown = [series for series in choose_sweeps(family.series) if len(series.sizes) >= SWEEP_SIZES]
    blocks: list[Block] = []
    for figure in draw_sweeps(family, shown, _make_panel, _entitle, "scaling", "Time of one call", "seconds"):
        where = f"{name_backends(shown)}, {figure.caption}".rstrip(", ")
        blocks += [Text(GUIDE.format(FAMILIES[family.name].yardstick), "note"), replace(figure, caption=where)]
    short = [series for series in family.series if series not in shown]
    table = _tabulate(family, short) if short else None
    blocks += [table] if table is not None else []
    return Section("scaling", "Time by size", tuple(blocks)) if blocks else None


def _make_panel(family: FamilyDigest, group: tuple[Measured, ...], shown: list[Measured]) -> Panel:
    lines = make_lines(family, group, lambda cell: cell.seconds, stops=True)
    title = name_group(group, shown)
    rooflines = [series.roofline for series in group if len(series.roofline) > 1]
    return Panel(title, f"{title}: {list_ends(lines, write_seconds)}.", lines, rooflines)


def _entitle(family: FamilyDigest, shown: list[Measured]) -> str:
    """What to use at the largest size where one answer holds in all panels, else what is drawn."""
    plain = f"Time of one call, {describe_sizes(family, shown)}"
    first = [question for question in FAMILIES[family.name].questions if question.first]
    answers = [_find_last(family.answers, series, first[0].key) for series in shown]
    known = [a for a in answers if a is not None and len(a.candidates) > 1 and not a.open and a.regret <= WITHIN]
    rows = {a.pick.row for a in known if a.pick is not None}
    # Rows of several models share the panels: of which of them would the title speak?
    if len(first) > 1 or len(known) < len(shown) or len(rows) != 1:
        return plain
    worst = max(a.regret for a in known)
    lost = "is the fastest" if worst == 0 else f"loses at most {write_share(round(worst, 3))} to the fastest"
    return f"`{rows.pop()}` {lost} at the largest {family.axis} of every panel"


def _find_last(answers: Iterable[CellAnswer], series: Measured, question: str) -> CellAnswer | None:
    found = [a for a in answers if (a.series, a.question) == (series.key, question)]
    return max(found, key=lambda a: a.size, default=None)


def _tabulate(family: FamilyDigest, short: list[Measured]) -> Table | None:
    """The main rows at the largest size of each series."""
    rows, names = [], {}
    card = FAMILIES[family.name].card
    for series in short:
        known = choose_rows(family, series)
        # A column a row: what fills a panel of few would stand alone in its own.
        chosen = [row for row in known if row.name in card] or known
        size = max((row.ran[-1].size for row in chosen), default=None)
        if size is None:
            continue
        found = ((row.name, row.at(size)) for row in chosen)
        times = {name: Cell(write_seconds(cell.seconds.value)) for name, cell in found if cell and cell.seconds}
        rows.append({"place": Cell(name_series(series, short)), "size": Cell(write_size(size))} | times)
        names |= times
    heads = (*columns(("place", "Where"), ("size", family.axis, True)), *(Column(n, f"`{n}`", True) for n in names))
    words = caption(f"Times where fewer than {SWEEP_SIZES} sizes were measured, at the largest of them", short)
    name = f"{family.name}-short"
    return Table(name, words, heads, tuple(rows), folded=len(rows) > 8) if rows else None
