"""Pictures: one figure per file, each a pure function from numbers to the text of an SVG."""

from .accuracy import draw_accuracy
from .calls import draw_calls
from .canary import draw_canary
from .exponents import draw_exponents
from .front import Spot, choose_names, draw_front
from .ladder import draw_ladder
from .memory import draw_memory
from .scaling import draw_scaling
from .shares import draw_shares
from .slopes import draw_slopes
from .speedup import draw_speedup
from .style import Line, assign_colours, tell_apart

__all__ = [
    "Line",
    "Spot",
    "assign_colours",
    "choose_names",
    "draw_accuracy",
    "draw_calls",
    "draw_canary",
    "draw_exponents",
    "draw_front",
    "draw_ladder",
    "draw_memory",
    "draw_scaling",
    "draw_shares",
    "draw_slopes",
    "draw_speedup",
    "tell_apart",
]
