"""Pictures: one figure per file, each a pure function from numbers to the text of an SVG."""

from .front import Spot, choose_names, draw_fronts
from .style import MOST_LINES, Line, assign_colours, tell_apart

__all__ = [
    "MOST_LINES",
    "Line",
    "Spot",
    "assign_colours",
    "choose_names",
    "draw_fronts",
    "tell_apart",
]
