"""Time as a multiple of the floor's: paired ratios that end at 1 if nothing is wasted."""

from .labels import label_lines
from .style import FAINT, Line, draw_line, finish, keep_right, make_panel, set_log


def draw_shares(name: str, alt: str, lines: list[Line], axis: str, floor: str) -> str:
    """Multiples on a log axis, 1 marked."""
    figure, axes = make_panel(right=keep_right(line.label for line in lines))
    set_log(axes)
    axes.axhline(1, color=FAINT, linewidth=0.9, zorder=1)
    for line in lines:
        draw_line(axes, line, join=True)
    sizes = [x for line in lines for x in line.sizes]
    values = [v.value for line in lines for v in line.values]
    axes.set_xlim(min(sizes) / 1.35, max(sizes) * 1.35)
    low, high = min(0.8, *values) / 1.08, max(1.6, *values) * 1.12
    axes.set_ylim(low, high)
    ticks = [t for t in (0.2, 0.3, 0.5, 0.7, 1, 1.5, 2, 3, 5, 10, 20, 50, 100, 200, 500, 1000) if low <= t <= high]
    axes.set_yticks(ticks if len(ticks) < 9 else [t for t in ticks if t in (0.5, 1, 2, 5, 10, 50, 100, 500, 1000)])
    axes.yaxis.set_major_formatter(lambda value, _: f"{value:g} ×")
    axes.minorticks_off()
    axes.set_xlabel(axis)
    axes.set_ylabel(f"time / time of {floor}")
    label_lines(figure, axes, lines)
    return finish(figure, name, alt)
