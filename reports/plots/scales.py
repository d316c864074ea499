"""Grid and labels of both axes, drawn once their limits are set.

Matplotlib makes five artists of every tick, which is most of a small figure's time and elements; here the grid of an
axis is one path, and a tick its label.
"""

import math

from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.lines import Line2D
from matplotlib.transforms import IdentityTransform

# Pixels from the axes to the labels of ticks, and to the names of the axes.
_TICK, _NAME_BELOW, _NAME_LEFT = 6, 22, 48


def draw_scales(axes: Axes, size: float, ink: str, rule: str) -> None:
    """Labels of this font `size` and colour `ink` over a grid of colour `rule`, in place of matplotlib's own."""
    box = axes.bbox
    for horizontal, axis, limits in ((True, axes.xaxis, axes.get_xlim()), (False, axes.yaxis, axes.get_ylim())):
        ticks = _list_ticks(axis, *sorted(limits))
        labels = axis.get_major_formatter().format_ticks(ticks)
        ends = [end for tick in ticks for end in (tick, tick, math.nan)]
        span = [0.0, 1.0, math.nan] * len(ticks)
        data = (ends, span) if horizontal else (span, ends)
        transform = axes.get_xaxis_transform() if horizontal else axes.get_yaxis_transform()
        # An artist of its own: a line of the axes would count for their limits.
        axes.add_artist(Line2D(*data, transform=transform, color=rule, linewidth=0.7, zorder=0.5, clip_on=False))
        for tick, label in zip(ticks, labels, strict=True):
            x, y = transform.transform((tick, 0) if horizontal else (0, tick))
            place = (x, y - _TICK, "center", "top") if horizontal else (x - _TICK, y, "right", "center_baseline")
            _write(axes, label, *place, size, ink)
        middle = (box.x0 + box.x1) / 2, (box.y0 + box.y1) / 2
        name = axis.get_label().get_text()
        if horizontal:
            _write(axes, name, middle[0], box.y0 - _NAME_BELOW, "center", "top", size, ink)
        else:
            _write(axes, name, box.x0 - _NAME_LEFT, middle[1], "right", "center", size, ink, rotation=90)
        axis.set_visible(False)


def _list_ticks(axis: Axis, low: float, high: float) -> list[float]:
    """Those within the limits, a rounding apart: of a logarithmic axis both ends are small in their own scale."""
    least, most = low - 1e-9 * abs(low), high + 1e-9 * abs(high)
    return [float(tick) for tick in axis.get_majorticklocs() if least <= tick <= most]


def _write(axes: Axes, text: str, x: float, y: float, ha: str, va: str, size: float, ink: str, rotation=0) -> None:
    if text:
        style = {"fontsize": size, "color": ink, "rotation": rotation, "clip_on": False}
        axes.text(x, y, text, ha=ha, va=va, transform=IdentityTransform(), **style)
