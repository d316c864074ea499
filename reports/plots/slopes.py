"""Local slopes: how the exponent settles as the size grows."""

from .labels import label_lines
from .style import FAINT, Line, draw_line, finish, keep_right, make_panel, set_log


def draw_slopes(name: str, alt: str, lines: list[Line], axis: str) -> str:
    """d log t / d log D between neighbouring sizes, against the geometric middle of the two."""
    figure, axes = make_panel(right=keep_right(line.label for line in lines))
    set_log(axes, y=False)
    for power in (2, 3):
        axes.axhline(power, color=FAINT, linewidth=0.9, linestyle=(0, (5, 3)), zorder=1)
    for line in lines:
        draw_line(axes, line, join=True)
    sizes = [x for line in lines for x in line.sizes]
    axes.set_xlim(min(sizes) / 1.35, max(sizes) * 1.35)
    values = [v.value for line in lines for v in line.values]
    axes.set_ylim(min(-0.2, *values) - 0.1, max(3.3, *values) + 0.1)
    axes.set_yticks([tick for tick in range(-1, 8) if axes.get_ylim()[0] <= tick <= axes.get_ylim()[1]])
    axes.set_xlabel(axis)
    axes.set_ylabel(f"local slope in {axis}")
    label_lines(figure, axes, lines)
    return finish(figure, name, alt)
