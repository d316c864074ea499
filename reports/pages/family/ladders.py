"""Methods whose names end in a number: time and memory against it."""

from collections.abc import Callable
from dataclasses import replace

from ...digest import FamilyDigest
from ...digest.ladders import Climb
from ...digest.series import Measured
from ...group import group_by
from ...plots import Line
from ...plots.multiples import Panel, draw_multiples, frame
from ...statistics import Estimate
from ...text import write_bytes, write_estimate, write_seconds, write_size
from ..blocks import Block, Figure, Figures, Section, Table, Text
from ._lines import exact
from ._names import name_at, name_shared
from ._tables import find_shown, tabulate_series

# A single method, or one of three rungs, is a line of the table.
LEAST_RUNGS = 4
POWER = (
    " The power p is that of floor + c · numberᵖ: 1 says that every further term, step or node costs the same. It is "
    "shown where its interval is narrower than 1."
)
NOTE = "Methods whose name ends in a number (terms or steps k, K; nodes Q), at one size each."


def build(family: FamilyDigest) -> Section | None:
    """Panels of time and of memory by place and number, and a table of the powers."""
    if not family.climbs:
        return None
    shown = find_shown(family, family.climbs)
    blocks: list[Block] = []
    for word in ("time", "memory"):
        climbs = (climb for climb in family.climbs if word == "time" or climb.deep)
        for letter, group in group_by(climbs, lambda climb: climb.letter).items():
            blocks += _draw(family, word, letter, group, shown)
    table = _tabulate(family)
    told = any(column.key in ("time", "memory") for column in table.columns)
    note = Text(NOTE + POWER if told else NOTE, "note")
    return Section("ladders", "Methods set by a number", (*blocks, table, note))


def _draw(family: FamilyDigest, word: str, letter: str, climbs: list[Climb], shown: list[Measured]) -> list[Figures]:
    what, unit, write = {
        "time": ("Time of one call", "seconds", write_seconds),
        "memory": ("Peak memory", "bytes", write_bytes),
    }[word]
    panels, ticks = [], set()
    for series in shown:
        found = [(climb, _make_line(family, climb, word)) for climb in climbs if climb.series == series.key]
        lines = [line for _, line in found if line.sizes]
        ticks.update(number for line in lines for number in line.sizes)
        if len(lines) > 1 and any(len(line.sizes) >= LEAST_RUNGS for line in lines):
            size = max(climb.size for climb, line in found if line.sizes)
            title = name_at(family, series, shown, size)
            ends = [f"{line.label} {write(line.values[0].value)} to {write(line.values[-1].value)}" for line in lines]
            panels.append(Panel(title, f"{title}: {'; '.join(ends)}.", lines))
    if not panels:
        return []
    # A file system may not tell k from K.
    key = letter if letter.islower() else letter.lower() * 2
    name = f"{family.name.replace('_', '-')}-{word}-by-{key}"
    alt = f"{word.capitalize()} against {letter}: {' '.join(panel.alt for panel in panels)}"
    drawn = draw_multiples(name, panels, frame(panels, letter, unit, sorted(ticks)))
    return [Figures(name_shared(shown), (Figure(name, f"{what} by {letter}", drawn, alt),))]


def _make_line(family: FamilyDigest, climb: Climb, word: str) -> Line:
    pairs = zip(climb.rungs, _read(family, climb, word), strict=True)
    known = [(number, value) for (number, _), value in pairs if value is not None]
    colour = family.colours[climb.rungs[0][1]]
    return Line(climb.stem, colour, [number for number, _ in known], [value for _, value in known])


def _read(family: FamilyDigest, climb: Climb, word: str) -> list[Estimate | None]:
    """The time or the memory of each rung."""
    series = family.find(climb.series)
    rows = (series.row(name) for _, name in climb.rungs)
    cells = (row.at(climb.size) if row is not None else None for row in rows)
    return [None if cell is None else cell.seconds if word == "time" else exact(cell.peak_bytes) for cell in cells]


def _tabulate(family: FamilyDigest) -> Table:
    table = tabulate_series(
        family,
        "ladders",
        "How time and memory grow with the number",
        family.climbs,
        ("row", "Method", lambda c: f"{c.stem}_{c.letter}"),
        ("size", family.axis, lambda c: write_size(c.size), True),
        ("range", "From and to", lambda c: f"{c.letter} = {' to '.join(write_size(c.rungs[j][0]) for j in (0, -1))}"),
        ("seconds", "Time", lambda c: _write_ends(_read(family, c, "time"), write_seconds), True),
        ("time", "p of the time", lambda c: _write(c.time), True),
        ("peak", "Peak memory", lambda c: _write_ends(_read(family, c, "memory"), write_bytes), True),
        ("memory", "p of the memory", lambda c: _write(c.memory), True),
    )
    # A power that is known of no method has no column.
    unknown = {key for key in ("time", "memory") if all(row[key].text == "–" for row in table.rows)}
    return replace(table, columns=tuple(column for column in table.columns if column.key not in unknown))


def _write_ends(values: list[Estimate | None], write: Callable[[float], str]) -> str:
    """Of the first and the last rung, where it is known."""
    return " to ".join(write(value.value) for value in (values[0], values[-1]) if value is not None) or "–"


def _write(power: Estimate | None) -> str:
    if power is None or not power.high - power.low < 1:
        return "–"
    # Of what is counted and not timed the interval may have hardly a width: no power is told in millionths.
    if power.high - power.low < 0.01:
        return f"{power.value:.2f} [{power.low:.2f}, {power.high:.2f}]"
    return write_estimate(power)
