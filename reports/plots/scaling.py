"""Seconds against the size, log-log: points, fitted curves, the measured roofline, and where rows ended."""

from collections.abc import Sequence

import numpy as np

from .labels import Label, label_lines
from .style import Line, draw_line, finish, keep_right, light, make_panel, set_log


def draw_scaling(
    name: str, alt: str, lines: list[Line], axis: str, roofline: tuple[Sequence[float], Sequence[float]] | None = None
) -> str:
    """A panel of at most six lines. `roofline` is (sizes, seconds) at the measured ceiling."""
    figure, axes = make_panel(right=keep_right(line.label for line in lines))
    set_log(axes, seconds=True)
    extra = []
    if roofline is not None:
        axes.plot(*roofline, color=light("c6"), linewidth=1.1, linestyle=(0, (1, 2)), zorder=1)
        extra.append(Label("roofline", roofline[0][-1], roofline[1][-1], "c6"))
    for line in lines:
        draw_line(axes, line, join=True)
    axes.set_xlabel(axis)
    axes.set_ylabel("time of one call")
    clamp(axes, lines)
    low, high = axes.get_ylim()
    label_lines(figure, axes, lines, [label for label in extra if low <= label.y <= high])
    return finish(figure, name, alt)


def clamp(axes, lines: list[Line]) -> None:
    """Limits from the data: a roofline far below must not squeeze them."""
    sizes = [x for line in lines for x in (*line.sizes, *(s for s, _ in (*line.memory_stops, *line.time_stops)))]
    times = [v.value for line in lines for v in line.values]
    times += [x for line in lines for v in line.values if not v.undetermined for x in (v.low, v.high) if x > 0]
    times += [y for line in lines for _, y in (*line.memory_stops, *line.time_stops)]
    if sizes:
        axes.set_xlim(min(sizes) / 1.35, max(sizes) * 1.35)
        low, high = np.log10(min(times)), np.log10(max(times))
        room = max(0.06 * (high - low), 0.08)
        # The labels of rows that ended stand above their triangles and crosses.
        ended = any(line.memory_stops or line.time_stops for line in lines)
        axes.set_ylim(10 ** (low - 2.5 * room), 10 ** (high + (2.5 if ended else 1.0) * room))
