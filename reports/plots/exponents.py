"""Fitted exponents with their intervals, one line each, beside the predicted power."""

from collections.abc import Sequence

from ..statistics import Estimate
from .style import FAINT, MARKERS, finish, light, make_panel

# Powers that mean anything lie well within.
WIDEST = (-1.0, 6.0)


def draw_exponents(name: str, alt: str, rows: Sequence[tuple[str, str, Estimate, float | None]]) -> str:
    """`rows` are (label, colour, exponent, predicted power) from top to bottom."""
    height = 66 + 21 * len(rows)
    figure, axes = make_panel(height=height, right=18)
    widest = max((len(label) for label, *_ in rows), default=0)
    left = 14 + 6.7 * widest
    width = figure.bbox.width
    axes.set_position((left / width, 42 / height, (width - left - 18) / width, (height - 56) / height))
    values = [e for _, _, e, _ in rows if not e.undetermined]
    # An interval of everything must not squeeze the others.
    low = max(min([1.7, *(e.low for e in values)]) - 0.15, WIDEST[0])
    high = min(max([3.3, *(e.high for e in values)]) + 0.15, WIDEST[1])
    for y, (_, colour, exponent, power) in enumerate(rows):
        if power is not None:
            axes.plot(
                [power - 0.15, power + 0.15], [y, y], color=light("c6"), linewidth=11, alpha=0.22, solid_capstyle="butt"
            )
        if exponent.undetermined:
            continue
        axes.plot([exponent.low, exponent.high], [y, y], color=light(colour), linewidth=2.2, solid_capstyle="butt")
        axes.plot([exponent.value], [y], marker=MARKERS[colour], markersize=5.5, color=light(colour))
    axes.set_yticks(range(len(rows)), [label for label, *_ in rows])
    for tick, (_, colour, _, _) in zip(axes.get_yticklabels(), rows, strict=True):
        tick.set_color(light(colour))
    axes.set_ylim(len(rows) - 0.4, -0.6)
    axes.set_xlim(low, high)
    axes.grid(False, axis="y")
    axes.tick_params(axis="y", length=0)
    # To the right end: with long names the axes are narrower than the words.
    axes.set_xlabel("exponent p of the fit floor + c · Dᵖ;  grey: predicted ± 0.15", color=FAINT, x=1.0, ha="right")
    return finish(figure, name, alt)
