"""Two vector fields in the plane, one beside the other in the same scale."""

from collections.abc import Sequence
from itertools import pairwise

from .style import HEIGHT, Line, finish, light, make_panel

Vectors = Sequence[Sequence[float]]


def draw_field(
    name: str, alt: str, points: Vectors, vectors: Vectors, reference: Vectors, labels: Sequence[Line]
) -> str:
    """Arrows of a field over those of its reference; ``labels`` name the two with their colours."""
    figure, axes = make_panel(width=HEIGHT + 140, right=154)
    # The longest arrow reaches past its neighbour, or the short ones in the middle would be their heads alone.
    scale = 0.6 * max(sum(part**2 for part in v) ** 0.5 for v in reference) / _gap(points)
    for line, field, width in zip(labels, (reference, vectors), (0.013, 0.0045), strict=True):
        axes.quiver(
            *zip(*points, strict=True),
            *zip(*field, strict=True),
            color=light(line.colour),
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
    axes.set_xlabel("y₁")
    axes.set_ylabel("y₂")
    for j, line in enumerate(labels):
        axes.text(1.04, 0.96 - 0.09 * j, line.label, color=light(line.colour), transform=axes.transAxes, va="top")
    return finish(figure, name, alt)


def _gap(points: Vectors) -> float:
    """Distance of neighbours along an axis."""
    values = sorted({x for x, _ in points})
    return min(b - a for a, b in pairwise(values))
