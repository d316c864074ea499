"""Pictures: one figure per file, each a pure function from numbers to the text of an SVG."""

from .canary import draw_canary
from .front import Spot, choose_names, draw_fronts
from .speedup import draw_speedup
from .style import Line, assign_colours, tell_apart

__all__ = [
    "Line",
    "Spot",
    "assign_colours",
    "choose_names",
    "draw_canary",
    "draw_fronts",
    "draw_speedup",
    "tell_apart",
]
