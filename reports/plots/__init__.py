"""Pictures: one figure per file, each a pure function from numbers to the text of an SVG."""

from .style import MOST_LINES, Line, assign_colours
