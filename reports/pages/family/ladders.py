"""Methods whose names end in a number: time and memory against it."""

from collections.abc import Callable

from ...digest import FamilyDigest
from ...digest.ladders import Climb
from ...digest.series import Cell as MeasuredCell
from ...digest.series import Measured
from ...plots import Line
from ...plots.multiples import Panel, draw_multiples, frame
from ...statistics import Estimate
from ...text import write_bytes, write_estimate, write_seconds, write_size
from ..blocks import Block, Cell, Figure, Figures, Section, Table, Text, columns
from ._lines import exact
from ._names import caption, name_series, name_shared, series_cell, size_cell

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
    shown = [family.find(key) for key in dict.fromkeys(climb.series for climb in family.climbs)]
    blocks: list[Block] = []
    deep = [climb for climb in family.climbs if climb.deep]
    for word, unit, climbs, read in (
        ("time", "seconds", list(family.climbs), lambda cell: cell.seconds),
        ("memory", "bytes", deep, lambda cell: exact(cell.peak_bytes)),
    ):
        for letter in dict.fromkeys(climb.letter for climb in climbs):
            group = [climb for climb in climbs if climb.letter == letter]
            figure = _draw(family, word, unit, letter, group, shown, read)
            if figure is not None:
                blocks.append(Figures(name_shared(shown), (figure,)))
    table = _tabulate(family, shown)
    told = any(column.key in ("time", "memory") for column in table.columns)
    note = Text(NOTE + POWER if told else NOTE, "note")
    return Section("ladders", "Methods set by a number", (*blocks, table, note))


def _draw(
    family: FamilyDigest,
    word: str,
    unit: str,
    letter: str,
    climbs: list[Climb],
    shown: list[Measured],
    read: Callable[[MeasuredCell], Estimate | None],
) -> Figure | None:
    panels, ticks = [], set()
    for series in shown:
        lines, size = [], 0.0
        for climb in climbs:
            line = _make_line(family, climb, series, read) if climb.series == series.key else None
            if line is not None:
                lines.append(line)
                ticks.update(line.sizes)
                size = max(size, climb.size)
        if len(lines) > 1 and any(len(line.sizes) >= LEAST_RUNGS for line in lines):
            title = f"{name_series(series, shown)}, {family.axis} = {write_size(size)}"
            write = write_seconds if unit == "seconds" else write_bytes
            ends = [f"{line.label} {write(line.values[0].value)} to {write(line.values[-1].value)}" for line in lines]
            panels.append(Panel(title, f"{title}: {'; '.join(ends)}.", lines))
    if not panels:
        return None
    # A file system may not tell k from K.
    key = letter if letter.islower() else letter.lower() * 2
    name = f"{family.name.replace('_', '-')}-{word}-by-{key}"
    alt = f"{word.capitalize()} against {letter}: {' '.join(panel.alt for panel in panels)}"
    what = "Time of one call" if word == "time" else "Peak memory"
    drawn = draw_multiples(name, panels, frame(panels, letter, unit, sorted(ticks)))
    return Figure(name, f"{what} by {letter}", drawn, alt)


def _make_line(
    family: FamilyDigest, climb: Climb, series: Measured, read: Callable[[MeasuredCell], Estimate | None]
) -> Line | None:
    known = []
    for number, name in climb.rungs:
        row = series.row(name)
        cell = row.at(climb.size) if row is not None else None
        value = read(cell) if cell is not None else None
        if value is not None:
            known.append((number, value))
    if not known:
        return None
    colour = family.colours[climb.rungs[0][1]]
    return Line(climb.stem, colour, [number for number, _ in known], [value for _, value in known])


def _tabulate(family: FamilyDigest, shown: list[Measured]) -> Table:
    heads = columns(
        ("place", "Where"),
        ("row", "Method"),
        ("size", family.axis, True),
        ("range", "From and to"),
        ("seconds", "Time", True),
        ("time", "p of the time", True),
        ("peak", "Peak memory", True),
        ("memory", "p of the memory", True),
    )
    rows = []
    for climb in family.climbs:
        series = family.find(climb.series)
        cells = [row.at(climb.size) for _, name in climb.rungs if (row := series.row(name)) is not None]
        ends = [cell for cell in (cells[0], cells[-1]) if cell is not None]
        span = f"{climb.letter} = {write_size(climb.rungs[0][0])} to {write_size(climb.rungs[-1][0])}"
        seconds = " to ".join(write_seconds(c.seconds.value) for c in ends if c.seconds is not None)
        peaks = " to ".join(write_bytes(c.peak_bytes) for c in ends if c.peak_bytes > 0)
        rows.append(
            {
                "place": series_cell(series, shown),
                "row": Cell(f"{climb.stem}_{climb.letter}"),
                "size": size_cell(family.axis, climb.size),
                "range": Cell(span),
                "seconds": Cell(seconds or "–"),
                "time": Cell(_write(climb.time)),
                "peak": Cell(peaks or "–"),
                "memory": Cell(_write(climb.memory)),
            }
        )
    # A power that is known of no method has no column.
    known = {key for key in ("time", "memory") if any(row[key].text != "–" for row in rows)}
    heads = tuple(column for column in heads if column.key not in {"time", "memory"} - known)
    words = caption("How time and memory grow with the number", shown)
    return Table(f"{family.name}-ladders", words, heads, tuple(rows))


def _write(power: Estimate | None) -> str:
    if power is None or not power.high - power.low < 1:
        return "–"
    # Of what is counted and not timed the interval may have hardly a width: no power is told in millionths.
    if power.high - power.low < 0.01:
        return f"{power.value:.2f} [{power.low:.2f}, {power.high:.2f}]"
    return write_estimate(power)
