"""Ratios over commits, a panel a size: commits stand at equal distances, oldest first; a dashed line is a change."""

import math
from collections.abc import Sequence

from matplotlib.ticker import FixedLocator, FuncFormatter

from .labels import label_lines
from .stack import make_stack
from .style import Line, draw_line, finish, keep_right, light, set_log

# Commits that a panel's width can name.
_NAMED = 5
# Panels of one figure have the same height whatever their number; few lines need little of it.
_PANEL = 130

# A change's place among the commits and the colour of its line.
Mark = tuple[float, str]


def draw_history(
    name: str, alt: str, panels: Sequence[tuple[str, Sequence[Line], Sequence[Mark]]], commits: Sequence[str]
) -> str:
    """Panels of (title, lines, changes), whose sizes are places in `commits`; all have one logarithmic axis."""
    right = keep_right(line.label for _, lines, _ in panels for line in lines)
    figure, under = make_stack([title for title, _, _ in panels], right=right, panel=_PANEL)
    values = [v.value for _, lines, _ in panels for line in lines for v in line.values]
    last = len(commits) - 1
    step = max(1, math.ceil(last / _NAMED))
    for axes, (_, lines, changes) in zip(under, panels, strict=True):
        set_log(axes, x=False)
        for place, colour in changes:
            axes.axvline(place, color=light(colour), linewidth=1, linestyle=(0, (2, 2)), zorder=1)
        for line in lines:
            draw_line(axes, line)
        axes.set(xlim=(-0.2, last + 0.2), ylim=(min(values) / 1.3, max(values) * 1.3))
        axes.xaxis.set_major_locator(FixedLocator([last - j for j in range(0, last + 1, step)]))
        axes.xaxis.set_major_formatter(FuncFormatter(lambda v, _: str(commits[round(v)])[:7]))
        label_lines(figure, axes, list(lines))
    return finish(figure, name, alt)
