"""Total time against the number of calls: when a compilation has paid for itself."""

from collections.abc import Sequence

from matplotlib.ticker import LogLocator

from .labels import Label, label_lines
from .style import Line, finish, keep_right, light, make_panel, set_log


def draw_calls(name: str, alt: str, lines: list[Line], pays: Sequence[tuple[float, float]]) -> str:
    """Cumulative seconds, first call and compilation included; `pays` are the points where two lines cross."""
    figure, axes = make_panel(right=keep_right(line.label for line in lines))
    set_log(axes, seconds=True)
    # Numbers of calls are long words: fewer of them than of sizes.
    axes.xaxis.set_major_locator(LogLocator(10, numticks=4))
    for line in lines:
        style = (0, (4, 2)) if line.dashed else "solid"
        axes.plot(line.sizes, [v.value for v in line.values], color=light(line.colour), linewidth=1.5, linestyle=style)
    for x, y in pays:
        axes.plot([x], [y], marker="o", markersize=6, color=light("c7"))
    axes.set_xlabel("calls")
    axes.set_ylabel("total time")
    extra = [Label(f"pays after {x:,.0f}", x, y, "c7") for x, y in pays]
    label_lines(figure, axes, lines, extra)
    return finish(figure, name, alt)
