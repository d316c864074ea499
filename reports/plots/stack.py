"""Panels one above the other: small multiples that a phone shows as well as a desk."""

import matplotlib
import seaborn
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from .style import FONT, RULE, WIDTH, rc

# Pixels: of a panel, of what stands between two, above the first and below the last, and left of all.
PANEL, GAP, ABOVE, BELOW, LEFT = 190, 44, 26, 42, 66


def make_stack(titles: list[str], right: float = 128, panel: float = PANEL) -> tuple[Figure, list[Axes]]:
    """An empty panel for each title, first on top; `right` pixels are kept for the labels at the line ends."""
    number = len(titles)
    height = ABOVE + number * panel + (number - 1) * GAP + BELOW
    with seaborn.axes_style("ticks"), matplotlib.rc_context(rc()):
        figure = Figure(figsize=(WIDTH / 72, height / 72), dpi=72)
        panels = []
        for j in range(number):
            bottom = height - ABOVE - (j + 1) * panel - j * GAP
            axes = figure.add_axes((LEFT / WIDTH, bottom / height, (WIDTH - LEFT - right) / WIDTH, panel / height))
            seaborn.despine(ax=axes)
            panels.append(axes)
    for axes, title in zip(panels, titles, strict=True):
        axes.set_title(title, loc="left", fontsize=FONT, pad=7)
        axes.spines[:].set_color(RULE)
    return figure, panels
