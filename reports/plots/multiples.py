"""Small multiples: panels of one quantity on shared logarithmic axes, each an SVG so that they stack on a phone."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FixedLocator, FuncFormatter

from .labels import Label, label_lines
from .style import FAINT, Line, draw_line, finish, light, make_panel, measure, set_log, tell_apart
from .ticks import write_memory, write_tick

# Narrow enough that the words are read on a phone, where a panel is 360 pixels wide.
WIDTH, HEIGHT, LEFT = 420, 290, 56
# Intervals count for the limits as far as this factor beyond the values.
_WIDEST = 2.5
# Every unit by the words of its ticks.
UNITS: dict[str, Callable[[float], str]] = {
    "seconds": lambda value: write_tick(value, seconds=True),
    "bytes": write_memory,
    "ratio": lambda value: f"{value:,g} ×",
    "share": lambda value: f"{100 * value:.2g} %" if value < 1 else f"{100 * value:,.0f} %",
}


@dataclass(frozen=True)
class Panel:
    """Lines of one place and sweep. `dotted` names the `rooflines`; `levels` are (value, words) at any size."""

    title: str
    alt: str
    lines: Sequence[Line]
    rooflines: Sequence[Sequence[tuple[float, float]]] = ()
    levels: Sequence[tuple[float, str]] = ()
    dotted: str = "roofline"


@dataclass(frozen=True)
class Frame:
    """What the panels of a figure share: limits of both axes, the unit, the margin for labels, fixed ticks of x."""

    xlabel: str
    unit: str
    x: tuple[float, float]
    y: tuple[float, float]
    right: float
    ticks: tuple[float, ...] = ()


def frame(panels: Sequence[Panel], xlabel: str, unit: str, ticks: Sequence[float] = ()) -> Frame:
    """Limits from the data of all panels: a roofline far below must not squeeze them."""
    lines = [line for panel in panels for line in panel.lines]
    stops = [stop for line in lines for stop in (*line.memory_stops, *line.time_stops)]
    sizes = [*(x for line in lines for x in line.sizes), *(x for x, _ in stops)]
    values = [*(v.value for line in lines for v in line.values), *(y for _, y in stops)]
    values += [y for panel in panels for y, _ in panel.levels]
    # An interval of everything must not squeeze the others.
    least, most = min(values) / _WIDEST, max(values) * _WIDEST
    values += [
        min(max(end, least), most) for line in lines for v in line.values if v.high > 0 for end in (v.low, v.high)
    ]
    low, high = np.log10(min(values)), np.log10(max(values))
    room = max(0.06 * (high - low), 0.05)
    words = [*(line.label for line in lines), *(panel.dotted for panel in panels if panel.rooflines)]
    # The labels of rows that ended stand above their triangles and crosses.
    top = (2.5 if stops else 1.2) * room
    return Frame(
        xlabel,
        unit,
        (min(sizes) / 1.3, max(sizes) * 1.3),
        (float(10 ** (low - 1.5 * room)), float(10 ** (high + top))),
        max(96.0, 26 + max(measure(word)[0] for word in words)),
        tuple(ticks),
    )


def draw_multiples(name: str, panels: Sequence[Panel], shared: Frame) -> str:
    """The panels as HTML: a title in words and an SVG each."""
    return stack([(panel.title, draw_panel(f"{name}-{j + 1}", panel, shared)) for j, panel in enumerate(panels)])


def stack(pairs: Sequence[tuple[str, str]]) -> str:
    """(title, SVG) side by side where there is room, else below each other."""
    pieces = [f"<div><p>{escape(title)}</p>\n{svg}</div>" for title, svg in pairs]
    return f'<div class="multiples">{"".join(pieces)}</div>'


def draw_panel(name: str, panel: Panel, shared: Frame) -> str:
    """A panel as an SVG; its title is the caller's to set."""
    figure, axes = make_panel(WIDTH, HEIGHT, shared.right, left=LEFT)
    set_log(axes)
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: UNITS[shared.unit](value)))
    axes.set(xlim=shared.x, ylim=shared.y, xlabel=shared.xlabel)
    if shared.ticks:
        axes.xaxis.set_major_locator(FixedLocator(list(shared.ticks)))
    extra = [_draw_rooflines(axes, panel)] if panel.rooflines else []
    if shared.unit == "ratio":
        axes.axhline(1, color=FAINT, linewidth=1.0, zorder=1)
    for value, words in panel.levels:
        _draw_level(axes, value, words)
    lines = tell_apart(panel.lines)
    for line in lines:
        draw_line(axes, line)
    low, high = shared.y
    across = [*([1.0] if shared.unit == "ratio" else ()), *(value for value, _ in panel.levels)]
    label_lines(figure, axes, lines, [label for label in extra if low <= label.y <= high], across)
    return finish(figure, name, panel.alt)


def _draw_rooflines(axes: Axes, panel: Panel) -> Label:
    for roofline in panel.rooflines:
        axes.plot(*zip(*roofline, strict=True), color=light("c6"), linewidth=1.1, linestyle=(0, (1, 2)), zorder=1)
    return Label(panel.dotted, *max(roofline[-1] for roofline in panel.rooflines), "c6")


def _draw_level(axes: Axes, value: float, words: str) -> None:
    axes.axhline(value, color=FAINT, linewidth=1.0, linestyle=(0, (5, 3)), zorder=1)
    at = (axes.get_xlim()[0], value)
    axes.annotate(words, at, xytext=(4, 2), textcoords="offset points", va="bottom", color=FAINT, fontsize=9.5)
