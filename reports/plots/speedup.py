"""How many times faster than a baseline, by size: paired ratios with intervals, and what a model says."""

from collections.abc import Sequence

import numpy as np

from .labels import Label, label_lines
from .style import FAINT, Line, draw_line, finish, keep_right, light, make_panel, set_log


def draw_speedup(
    name: str,
    alt: str,
    lines: list[Line],
    axis: str,
    ylabel: str,
    model: tuple[Sequence[float], Sequence[float], str] | None = None,
    band: tuple[float, float, str] | None = None,
) -> str:
    """Ratios on a log axis, 1 marked. `model` is (sizes, ratios, label); `band` is (low, high, label) of a claim."""
    figure, axes = make_panel(right=keep_right(line.label for line in lines))
    set_log(axes)
    axes.axhline(1, color=FAINT, linewidth=0.9, zorder=1)
    extra = []
    if band is not None:
        axes.axhspan(band[0], band[1], color=light("c4"), alpha=0.13, linewidth=0, zorder=0)
    if model is not None:
        axes.plot(model[0], model[1], color=light("c6"), linewidth=1.2, linestyle=(0, (1, 2)), zorder=1)
        extra.append(Label(model[2], model[0][-1], model[1][-1], "c6"))
    for line in lines:
        draw_line(axes, line, join=True)
    axes.set_xlabel(axis)
    axes.set_ylabel(ylabel)
    clamp(axes, lines)
    low, high = axes.get_ylim()
    axes.set_ylim(min(low, 0.7), max(high, band[1] * 1.3 if band else 1.4))
    if band is not None:
        # The curves rise to the right: the band's lower right corner is the last place they cross.
        at, offset = (axes.get_xlim()[1], band[0]), (-4, 4)
        style = {"ha": "right", "va": "bottom", "color": light("c4"), "fontsize": 9.5}
        axes.annotate(band[2], at, xytext=offset, textcoords="offset points", **style)
    label_lines(figure, axes, lines, extra)
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
