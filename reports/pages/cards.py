"""A family's card on the first page: its rule in words, two headline ratios and one picture."""

from dataclasses import replace

from ..digest import FamilyDigest
from ..digest.cards import Headline, choose_states
from ..digest.series import SWEEP_SIZES, Cell, Measured, Row
from ..families import FAMILIES, Question
from ..group import group_by
from ..plots.multiples import Panel, draw_panel, frame
from ..points import Place
from ..text import write_list, write_ratio, write_seconds, write_size
from .blocks import Card, Figure, Ratio
from .family._lines import make_line
from .lent import SETTLE, say_lent
from .naming import capital, name_backend, name_letter
from .rules import find_fastest, find_rule, say_ranges, say_transfer, say_worst

# What tells two places with the same backend apart.
_PLACE = ("machine", "device", "dtype")


def build_card(family: FamilyDigest) -> Card:
    """The card of a family that was measured."""
    facts = FAMILIES[family.name]
    panels = [tuple(family.find(key) for key in keys) for keys in (family.card.panels if family.card else ())]
    pictures = _draw(family, panels)
    rules = tuple(line for question in facts.questions if question.first for line in _say(family, question, panels))
    return Card(
        id=f"card-{family.name}",
        title=facts.title,
        link=f"{family.name}.html",
        more=f"All of {family.name}",
        rules=tuple(filter(None, (*rules, say_lent([family])))),
        ratios=tuple(_compare(family, *headline) for headline in facts.headlines),
        caption=_write_caption(family, panels) if pictures else "",
        panels=pictures,
    )


def _say(family: FamilyDigest, question: Question, panels: list[tuple[Measured, ...]]) -> list[str]:
    """The rule of each panel and of the same problem on other machines and devices, or of all where they agree."""
    places = _list_places(family, panels)
    told = {name: rule for name, group in places if (rule := find_rule(family, question, group)) is not None}
    several = len([q for q in FAMILIES[family.name].questions if q.first]) > 1
    subject = f"{capital(question.words)}: use" if several else "Use"
    if not told:
        why = f"no rule yet: it takes several processes a cell, which {SETTLE} adds."
        fastest = [
            f"{place} {say_ranges(first, family.axis)}"
            for place, group in places[: len(panels)]
            if (first := find_fastest(family, question, group)) is not None
        ]
        seen = f" Fastest here, where another process may differ: {'; '.join(fastest)}." if fastest else ""
        return [f"{capital(question.words)}: {why}{seen}"]
    if len(told) > 1 and len({rule.ranges for rule in told.values()}) == 1:
        worst = max(told.values(), key=lambda rule: rule.worst)
        return [f"{subject} {say_ranges(worst, family.axis)}: {say_worst(worst, family.axis)}."]
    lines = [
        f"{f'**{place}.** ' if len(panels) > 1 else ''}{subject} {say_ranges(rule, family.axis)}: "
        f"{say_worst(rule, family.axis)}."
        for place, rule in told.items()
    ]
    return [*lines, *_say_transfers(family, question, panels)]


def _say_transfers(family: FamilyDigest, question: Question, panels: list[tuple[Measured, ...]]) -> list[str]:
    """Whether the rules of the panels hold where the same problem was measured on another machine or device."""
    keys = {series.key for panel in panels for series in panel}
    known = (t for t in family.transfers if t.question == question.key and t.rule in keys and t.series not in keys)
    groups = group_by(known, lambda t: (family.find(t.rule).place.backend, family.find(t.series).place))
    return [
        f"**{name_backend(backend)}'s rule on {', '.join(_tell_apart(place, panels[0][0].place))}** "
        f"{say_transfer(group, family.axis)}."
        for (backend, place), group in groups.items()
    ]


def _tell_apart(place: Place, first: Place) -> list[str]:
    return [getattr(place, key) for key in _PLACE if getattr(place, key) != getattr(first, key)]


def _list_places(family: FamilyDigest, panels: list[tuple[Measured, ...]]) -> list[tuple[str, list[Measured]]]:
    """(name, series) of the panels, then of what was measured of the same problem elsewhere."""
    found = [(name_backend(panel[0].place.backend), list(panel)) for panel in panels]
    if not panels:
        return found
    first = panels[0][0]
    same = (series for series in family.series if series.fixed == first.fixed)
    for place, group in group_by(same, lambda series: series.place).items():
        if replace(place, backend=first.place.backend) != first.place:
            where = ", ".join(_tell_apart(place, first.place))
            found.append((f"{name_backend(place.backend)} on {where}", choose_states(group)))
    return found


def _compare(family: FamilyDigest, row: str, baseline: str, decides: str) -> Ratio:
    """What is decided, both rows' paired ratio at the largest size of each place where it has an interval, and its
    range over all sizes.
    """
    values = []
    for found in family.card.headlines if family.card else ():
        if (found.row, found.baseline) == (row, baseline):
            backend = family.find(found.series).place.backend
            ratio = write_ratio(found.ratio.value if found.ratio.undetermined else found.ratio)
            values.append((name_backend(backend), f"{ratio} ×", _say_where(found, family.axis)))
    return Ratio(f"{decides}: time of `{row}` over that of `{baseline}`", tuple(values))


def _say_where(found: Headline, axis: str) -> str:
    known = ", no interval known" if found.ratio.undetermined else ""
    at = f"at {axis} = {write_size(found.at)}{known}"
    ends = tuple(dict.fromkeys((found.least, found.most)))
    told = [at, " to ".join(map(_write_end, ends))] if len(ends) > 1 else [at]
    if found.last is not None:
        # The sizes go on where the intervals end.
        where = f"at {write_size(found.last[1])}"
        told.append(f"no interval {where}" if found.last in ends else f"{_write_end(found.last)}, no interval there")
    return "; ".join(told)


def _write_end(end: tuple[float, float]) -> str:
    return f"{end[0]:.3g} × at {write_size(end[1])}"


def _write_caption(family: FamilyDigest, panels: list[tuple[Measured, ...]]) -> str:
    """What the picture holds, and at which setting."""
    first = panels[0][0]
    fixed = ", ".join(f"{name_letter(family, letter)} = {write_size(value)}" for letter, value in first.fixed)
    states = write_list(sorted({series.state for panel in panels for series in panel if series.state}))
    apart = any(len(panel) > 1 for panel in panels)
    told = f" The machine ran at speeds (*states*) {states}: no line joins two of them." if apart else ""
    unit, place = FAMILIES[family.name].unit, f"{first.place.device}, {first.place.dtype}"
    what = f"Time of {unit}, by {name_letter(family, family.axis)}; {place}, {fixed}.{told}"
    return f"{what} {FAMILIES[family.name].names}"


def _draw(family: FamilyDigest, panels: list[tuple[Measured, ...]]) -> tuple[Figure, ...]:
    """A panel a backend with sizes enough, the rows in the same colours in all of them."""
    long = [panel for panel in panels if sum(len(series.sizes) for series in panel) >= SWEEP_SIZES]
    drawn = {panel[0].place.backend: _trace_panel(family, panel) for panel in long}
    drawn = {backend: panel for backend, panel in drawn.items() if panel.lines}
    if not drawn:
        return ()
    shared = frame(list(drawn.values()), family.axis, "seconds")
    names = {backend: f"card-{family.name}-{backend}" for backend in drawn}
    return tuple(Figure(names[b], p.title, draw_panel(names[b], p, shared), p.alt) for b, p in drawn.items())


def _trace_panel(family: FamilyDigest, panel: tuple[Measured, ...]) -> Panel:
    title = name_backend(panel[0].place.backend)
    lines, told = [], []
    for name in FAMILIES[family.name].card:
        rows = [row for series in panel if (row := series.row(name)) is not None and row.ran]
        lines += [make_line(family, row, lambda cell: cell.seconds, stops=True) for row in rows]
        if rows:
            told.append(_describe(name, rows, family.axis))
    alt = f"Time of one call against {family.axis}, both logarithmic, with {title}. {' '.join(told)}"
    return Panel(title, alt, lines, [series.roofline for series in panel if len(series.roofline) > 1])


def _describe(name: str, rows: list[Row], axis: str) -> str:
    """A line of the picture in words, for who cannot see it."""
    ran = [(cell.size, cell.seconds.value) for row in rows for cell in row.ran if cell.seconds is not None]
    first, last = (f"{write_seconds(seconds)} at {axis} = {write_size(size)}" for size, seconds in (min(ran), max(ran)))
    ends = [cell for row in rows for cell in _find_end(row)]
    ended = f", ended by {ends[0].limit} at {axis} = {write_size(ends[0].size)}" if ends else ""
    return f"{name}: {first} to {last}{ended}."


def _find_end(row: Row) -> list[Cell]:
    """The cell at which memory or time ended the row, if one did."""
    if row.smallest_failed is None or (row.largest_ok or 0) > row.smallest_failed:
        return []
    return [cell for cell in row.cells if cell.size == row.smallest_failed and cell.limit in ("memory", "time")]
