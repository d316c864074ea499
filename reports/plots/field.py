"""Vector fields in the plane over a reference in the same scale, one panel above another."""

from collections.abc import Sequence
from itertools import pairwise

from .stack import make_stack
from .style import Line, finish, light

Vectors = Sequence[Sequence[float]]


def draw_fields(name: str, alt: str, panels: Sequence[tuple[Line, Vectors, Vectors, Vectors]], reference: Line) -> str:
    """Panels of (label, points, vectors, true vectors); `reference` labels the true ones.

    Raises ValueError where there is no panel.
    """
    if not panels:
        raise ValueError("panels must hold at least one, got none")
    figure, under = make_stack([""] * len(panels), right=154, panel=272)
    for axes, (line, points, vectors, truth) in zip(under, panels, strict=True):
        # The longest arrow reaches past its neighbour, or the short ones in the middle would be their heads alone.
        scale = 0.6 * max(sum(part**2 for part in v) ** 0.5 for v in truth) / _gap(points)
        for label, field, width in zip((reference, line), (truth, vectors), (0.013, 0.0045), strict=True):
            axes.quiver(
                *zip(*points, strict=True),
                *zip(*field, strict=True),
                color=light(label.colour),
                angles="xy",
                scale_units="xy",
                scale=scale,
                width=width,
                headwidth=2.6,
                headlength=3.5,
                headaxislength=3.2,
                zorder=3 + (width < 0.01),
            )
        axes.set_aspect("equal", adjustable="box")
        axes.set_ylabel("y₂")
        for j, label in enumerate((reference, line)):
            axes.text(1.04, 0.96 - 0.09 * j, label.label, color=light(label.colour), transform=axes.transAxes, va="top")
    under[-1].set_xlabel("y₁")
    return finish(figure, name, alt)


def _gap(points: Vectors) -> float:
    """Distance of neighbours along an axis."""
    values = sorted({x for x, _ in points})
    return min(b - a for a, b in pairwise(values))
