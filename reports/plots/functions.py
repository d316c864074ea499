"""Functions of one variable, linear axes: lines without marks, labelled at their ends."""

import math
from dataclasses import replace

from ..statistics import Estimate
from .labels import label_lines
from .style import Line, finish, light, make_panel


def draw_functions(
    name: str,
    alt: str,
    lines: list[Line],
    xlabel: str,
    ylabel: str,
    limits: tuple[float, float],
) -> str:
    """Lines (`dashed` for a reference) within the `limits` of y."""
    figure, axes = make_panel()
    for line in lines:
        dash = (0, (4, 2)) if line.dashed else "solid"
        values = [v.value for v in line.values]
        axes.plot(line.sizes, values, color=light(line.colour), linewidth=1.6, linestyle=dash, zorder=3)
    axes.set_xlim(min(x for line in lines for x in line.sizes), max(x for line in lines for x in line.sizes))
    axes.set_ylim(*limits)
    axes.set_xlabel(xlabel)
    axes.set_ylabel(ylabel)
    # A line that leaves the panel is labelled where it does.
    low, high = limits
    shown = []
    for line in lines:
        inside = [j for j, v in enumerate(line.values) if low <= v.value <= high]
        if inside:
            bare = [Estimate(line.values[j].value, math.nan, math.nan) for j in inside]
            shown.append(replace(line, sizes=[line.sizes[j] for j in inside], values=bare))
    label_lines(figure, axes, shown)
    return finish(figure, name, alt)
