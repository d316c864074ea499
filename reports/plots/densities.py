"""Densities in the plane: samples on the left, what was learned of them on the right, one pair above another."""

from collections.abc import Sequence

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ..densities import Picture
from .style import FONT, RC, RULE, WIDTH, finish, light

# Pixels: what stands above a pair, between its two panels and around all.
ABOVE, BETWEEN, AROUND = 26, 14, 4
SIDE = (WIDTH - BETWEEN - 2 * AROUND) / 2
# Of the learned mass: the smallest regions that hold so much of it, from outside inwards.
SHARES = (0.95, 0.8, 0.6, 0.4, 0.2)
# How much each region darkens what it lies on.
DARKER = 0.2


def draw_densities(name: str, alt: str, planes: Sequence[tuple[str, Picture]]) -> str:
    """The pairs, each (title, picture); the darker, the smaller the region that holds a share of the mass."""
    height = len(planes) * (ABOVE + SIDE) + AROUND
    with matplotlib.rc_context(RC):
        figure = Figure(figsize=(WIDTH / 72, height / 72), dpi=72)
        for j, (title, picture) in enumerate(planes):
            bottom = (height - (j + 1) * (ABOVE + SIDE)) / height
            left, right = (
                figure.add_axes((x / WIDTH, bottom, SIDE / WIDTH, SIDE / height))
                for x in (AROUND, AROUND + SIDE + BETWEEN)
            )
            _frame(left, f"{title}: samples", picture.limit)
            _frame(right, "learned density", picture.limit)
            _draw_samples(left, picture)
            _draw_density(right, picture)
    return finish(figure, name, alt)


def find_levels(values: np.ndarray) -> list[float]:
    """Of log-densities on equal cells: above which lies each of SHARES of their mass, rising as the shares fall."""
    falling = np.sort(values.ravel())[::-1]
    mass = np.cumsum(np.exp(falling - falling[0]))
    return [float(falling[np.searchsorted(mass, share * mass[-1])]) for share in SHARES]


def _frame(axes: Axes, title: str, limit: float) -> None:
    axes.set_title(title, loc="left", fontsize=FONT, pad=7)
    axes.set(xlim=(-limit, limit), ylim=(-limit, limit), xticks=[], yticks=[])
    axes.spines[:].set_color(RULE)


def _draw_samples(axes: Axes, picture: Picture) -> None:
    x, y = zip(*picture.points, strict=True)
    # One path of short strokes with round ends: a mark for each sample is most of a figure's bytes.
    stroke = 0.004 * picture.limit
    across = [end for at in x for end in (at - stroke, at + stroke, np.nan)]
    along = [end for at in y for end in (at, at, np.nan)]
    axes.plot(across, along, color=light("c7"), linewidth=2.2, alpha=0.6, solid_capstyle="round")


def _draw_density(axes: Axes, picture: Picture) -> None:
    values = np.asarray(picture.values).reshape(picture.side, picture.side)
    line = (np.arange(picture.side) + 0.5) * (2 * picture.limit / picture.side) - picture.limit
    top = float(values.max()) + 1
    for level in find_levels(values):
        axes.contourf(line, line, values, levels=[level, top], colors=[light("c0")], alpha=DARKER)
