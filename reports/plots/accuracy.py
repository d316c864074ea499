"""Error of the timed results against the size, under their tolerance."""

from collections.abc import Sequence

from .labels import Label, label_lines
from .scaling import clamp
from .style import FAINT, PAPER, Line, draw_line, finish, keep_right, light, make_panel, set_log


def draw_accuracy(
    name: str,
    alt: str,
    lines: list[Line],
    axis: str,
    tolerance: Sequence[tuple[float, float]],
    wrong: Sequence[tuple[str, str, float, float]] = (),
) -> str:
    """Errors on a log axis; `tolerance` are (size, tolerance), `wrong` are (label, colour, size, error)."""
    labels = [*(line.label for line in lines), *(f"{label}: wrong" for label, *_ in wrong)]
    figure, axes = make_panel(right=keep_right(labels))
    set_log(axes)
    for line in lines:
        draw_line(axes, line, join=True)
    clamp(axes, lines)
    low, high = axes.get_ylim()
    if tolerance:
        top = max(value for _, value in tolerance)
        axes.plot(*zip(*tolerance), color=FAINT, linewidth=1.0, linestyle=(0, (5, 3)), zorder=1)
        axes.annotate(
            "tolerance",
            tolerance[0],
            xytext=(2, 3),
            textcoords="offset points",
            va="bottom",
            color=FAINT,
            fontsize=9.5,
        )
        axes.set_ylim(low, max(high, top * 5))
    extras: dict[str, Label] = {}
    for label, colour, size, error in wrong:
        axes.plot(
            [size],
            [error],
            marker="o",
            markersize=8,
            markerfacecolor=PAPER,
            markeredgecolor=light(colour),
            markeredgewidth=1.8,
        )
        # One name a row: its further marks are alike.
        extras.setdefault(label, Label(f"{label}: wrong", size, error, colour))
        axes.set_ylim(low, max(axes.get_ylim()[1], error * 3))
    axes.yaxis.set_major_formatter(lambda value, _: f"{value:.0e}".replace("e-0", "e-").replace("e+00", ""))
    axes.set_xlabel(axis)
    axes.set_ylabel("relative error")
    label_lines(figure, axes, lines, list(extras.values()))
    return finish(figure, name, alt)
