"""Functions of one variable, linear axes: lines without marks, labelled at their ends, one panel above another."""

from collections.abc import Sequence
from dataclasses import replace

from ..statistics import Estimate
from .labels import label_lines
from .stack import make_stack
from .style import Line, finish, light


def draw_functions(
    name: str, alt: str, panels: Sequence[tuple[str, Sequence[Line]]], xlabel: str, limits: tuple[float, float]
) -> str:
    """Panels of (title, lines), `dashed` lines for a reference, within the `limits` of y."""
    figure, under = make_stack([title for title, _ in panels])
    for axes, (_, lines) in zip(under, panels, strict=True):
        for line in lines:
            dash = (0, (4, 2)) if line.dashed else "solid"
            values = [v.value for v in line.values]
            axes.plot(line.sizes, values, color=light(line.colour), linewidth=1.6, linestyle=dash, zorder=3)
        axes.set_xlim(min(x for line in lines for x in line.sizes), max(x for line in lines for x in line.sizes))
        axes.set_ylim(*limits)
        # A line that leaves the panel is labelled where it does.
        low, high = limits
        shown = []
        for line in lines:
            inside = [j for j, v in enumerate(line.values) if low <= v.value <= high]
            if inside:
                bare = [Estimate(line.values[j].value) for j in inside]
                shown.append(replace(line, sizes=[line.sizes[j] for j in inside], values=bare))
        label_lines(figure, axes, shown)
    under[-1].set_xlabel(xlabel)
    return finish(figure, name, alt)
