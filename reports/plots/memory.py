"""Peak memory against the size, with the machine's limit and the sizes that did not fit."""

from .labels import label_lines
from .scaling import clamp
from .style import FAINT, Line, draw_line, finish, keep_right, make_panel, set_log, write_tick


def draw_memory(name: str, alt: str, lines: list[Line], axis: str, limit: float | None = None) -> str:
    """Bytes on a log axis; `limit` is the machine's memory."""
    figure, axes = make_panel(right=keep_right(line.label for line in lines))
    set_log(axes)
    for line in lines:
        draw_line(axes, line, join=line.curve is None)
    clamp(axes, lines)
    low, high = axes.get_ylim()
    if limit is not None:
        axes.set_ylim(low, max(high, limit * 2))
        axes.axhline(limit, color=FAINT, linewidth=1.0, linestyle=(0, (5, 3)), zorder=1)
        axes.annotate(
            f"memory of the machine, {write_memory(limit)}",
            (axes.get_xlim()[0], limit),
            xytext=(4, 3),
            textcoords="offset points",
            va="bottom",
            color=FAINT,
            fontsize=9.5,
        )
        axes.set_ylim(low, max(high, limit * 5))
    axes.yaxis.set_major_formatter(lambda value, _: write_memory(value))
    axes.set_xlabel(axis)
    axes.set_ylabel("peak memory")
    label_lines(figure, axes, lines)
    return finish(figure, name, alt)


def write_memory(value: float) -> str:
    """A tick label in bytes."""
    for factor, unit in ((1e12, "TB"), (1e9, "GB"), (1e6, "MB"), (1e3, "kB")):
        if value >= factor * 0.999:
            return f"{value / factor:,.3g} {unit}"
    return f"{write_tick(value)} B"
