"""Time or memory against the number that a method is set to: terms of a series, steps of an unrolled iteration."""

from ..text import write_size
from .labels import label_lines
from .memory import write_memory
from .scaling import clamp
from .style import Line, draw_line, finish, keep_right, light, make_panel, set_log


def draw_ladder(name: str, alt: str, lines: list[Line], climbing: int, letter: str, memory: bool = False) -> str:
    """Log-log; after the first `climbing` lines come those without such a number, as levels."""
    figure, axes = make_panel(right=keep_right(line.label for line in lines))
    set_log(axes, seconds=not memory)
    for line in lines[:climbing]:
        draw_line(axes, line, join=True)
    for level in lines[climbing:]:
        style = {"color": light(level.colour), "linewidth": 1.3, "linestyle": (0, (5, 3)), "zorder": 1}
        axes.axhline(level.values[0].value, **style)
    axes.set_xlabel(letter)
    axes.set_ylabel("peak memory" if memory else "time of one call")
    if memory:
        axes.yaxis.set_major_formatter(lambda value, _: write_memory(value))
    clamp(axes, lines)
    ticks = sorted({x for line in lines[:climbing] for x in line.sizes})
    axes.set_xticks(ticks, [write_size(x) for x in ticks])
    axes.minorticks_off()
    label_lines(figure, axes, lines)
    return finish(figure, name, alt)
