"""A family's card: seconds of its few main rows against the size, a panel a backend, on shared axes."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from .labels import Label, label_lines
from .style import FAINT, Line, draw_line, finish, keep_right, light, make_panel, set_log

# A panel must be legible at the width of a phone: taller than wide ones, and no wider than such a screen.
WIDTH, HEIGHT = 430, 330
# A roofline is drawn only down to this share of the fastest time: far below it would squeeze what it is compared with.
_ROOM = 0.25


@dataclass(frozen=True)
class Panel:
    """A backend's lines and its roofline, (sizes, seconds) at the measured ceiling."""

    name: str
    title: str
    alt: str
    lines: tuple[Line, ...]
    roofline: tuple[tuple[float, ...], tuple[float, ...]] = ((), ())


def draw_card(panels: Sequence[Panel], axis: str) -> list[str]:
    """The panels as SVG texts. They stand side by side, or below each other on a phone, so each has its own axes."""
    lines = [line for panel in panels for line in panel.lines]
    right = keep_right(line.label for line in lines)
    limits = _find_limits(lines, [seconds for panel in panels for seconds in panel.roofline[1]])
    return [_draw_panel(panel, axis, right, *limits) for panel in panels]


def _draw_panel(panel: Panel, axis: str, right: float, x: tuple[float, float], y: tuple[float, float]) -> str:
    figure, axes = make_panel(WIDTH, HEIGHT, right, top=30)
    set_log(axes, seconds=True)
    axes.set_xlim(*x)
    axes.set_ylim(*y)
    extra = []
    sizes, seconds = panel.roofline
    if sizes:
        axes.plot(sizes, seconds, color=light("c6"), linewidth=1.1, linestyle=(0, (1, 2)), zorder=1)
        if y[0] <= seconds[-1] <= y[1]:
            extra.append(Label("roofline", sizes[-1], seconds[-1], "c6"))
    for line in panel.lines:
        draw_line(axes, line, join=line.curve is None)
    axes.set_xlabel(axis)
    axes.set_ylabel("time of one call")
    axes.set_title(panel.title, loc="left", color=FAINT, pad=6)
    # A row measured in several states of the machine is several lines: named once, where the last one ends.
    label_lines(figure, axes, list({line.label: line for line in panel.lines}.values()), extra)
    return finish(figure, panel.name, panel.alt)


def _find_limits(lines: list[Line], floors: list[float]) -> tuple[tuple[float, float], tuple[float, float]]:
    """Limits of x and y that hold every point, its interval and every mark."""
    stops = [stop for line in lines for stop in (*line.memory_stops, *line.time_stops)]
    sizes = [size for line in lines for size in line.sizes] + [size for size, _ in stops]
    times = [x for line in lines for v in line.values for x in (v.value, v.low, v.high) if x > 0]
    times += [seconds for _, seconds in stops]
    low = min([min(times), *(floor for floor in floors if floor > _ROOM * min(times))])
    room = 0.07 * math.log10(max(times) / low) + 0.08
    return (min(sizes) / 1.35, max(sizes) * 1.35), (low / 10**room, max(times) * 10 ** (1.6 * room))
