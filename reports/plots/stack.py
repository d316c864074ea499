"""Panels one above the other: small multiples that a phone shows as well as a desk."""

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from .style import FONT, WIDTH, make_panels

# Pixels: of a panel, of what stands between two, above the first and below the last, and left of all.
PANEL, GAP, ABOVE, BELOW, LEFT = 190, 44, 26, 42, 66


def make_stack(titles: list[str], right: float = 128, panel: float = PANEL) -> tuple[Figure, list[Axes]]:
    """An empty panel for each title, first on top; `right` pixels are kept for the labels at the line ends."""
    number = len(titles)
    height = ABOVE + number * panel + (number - 1) * GAP + BELOW
    bottoms = [height - ABOVE - (j + 1) * panel - j * GAP for j in range(number)]
    figure, panels = make_panels(WIDTH, height, [(LEFT, bottom, WIDTH - LEFT - right, panel) for bottom in bottoms])
    for axes, title in zip(panels, titles, strict=True):
        axes.set_title(title, loc="left", fontsize=FONT, pad=7)
    return figure, panels
