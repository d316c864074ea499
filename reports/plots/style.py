"""How every figure looks: colours, axes, error bars, and SVG that follows the page's light and dark colours.

Figures are drawn in the light palette; each of its colours is written as a CSS variable, which a page has in light and
dark, and a file of its own sets itself (`write_file`).
"""

import io
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import matplotlib
import seaborn
from matplotlib.axes import Axes
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from matplotlib.font_manager import findfont, get_font
from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

from ..families import FAMILIES
from ..statistics import Estimate
from .scales import draw_scales
from .svg import rewrite
from .ticks import write_tick

# Pixels across a drawing; the page scales it to its column.
WIDTH = 470
FONT = 10.5
# A panel with more lines than this cannot be read.
MOST_LINES = 6

# name: (light, dark). Okabe and Ito's colours, darkened for text on white and lightened for text on black.
COLOURS = {
    "c0": ("#0072b2", "#5cb3e8"),  # blue
    "c1": ("#c8500a", "#ff8d55"),  # vermillion
    "c2": ("#00845f", "#3fcfa6"),  # green
    "c3": ("#a9478a", "#ea9dcb"),  # purple
    "c4": ("#a87000", "#f0b94f"),  # orange
    "c5": ("#3d93c4", "#9fd8f7"),  # sky
    "c6": ("#68707c", "#a3abb8"),  # grey: floors
    "c7": ("#2b3442", "#dfe4ec"),  # ink
    "c8": ("#77760a", "#d6d05c"),  # olive
    "c9": ("#8a5548", "#cf9e90"),  # brown
}
INK, FAINT, RULE, PAPER = "#1d232b", "#5b6470", "#d9dde3", "#fefefd"
_WORDS = {"ink": (INK, "#e6e9ee"), "faint": (FAINT, "#a2abb8"), "rule": (RULE, "#343b46"), "paper": (PAPER, "#14181e")}
LIGHT, DARK = ({name: shades[j] for name, shades in (COLOURS | _WORDS).items()} for j in (0, 1))
VARIABLES = {colour: name for name, colour in LIGHT.items()}
# How matplotlib is set for every figure. DejaVu Sans comes with it, so the layout is the same everywhere; the page
# shows narrower system fonts.
RC: dict[Any, Any] = {
    "svg.hashsalt": "jacobench",
    "svg.fonttype": "none",
    "font.family": ["DejaVu Sans"],
    "font.size": FONT,
    "text.color": INK,
    "axes.labelcolor": FAINT,
    "axes.titlecolor": INK,
    "axes.labelsize": FONT,
    "path.simplify": False,
    "figure.facecolor": "none",
    "axes.facecolor": "none",
    "savefig.facecolor": "none",
    "axes.linewidth": 0.8,
}

# The same colour for a method everywhere; other families take what is free, in order.
KNOWN = {name: f"c{j}" for family in FAMILIES.values() for j, name in enumerate(family.colours)}
# Crosses and upward triangles are holes, never methods.
MARKERS = {"c0": "o", "c1": "s", "c2": "D", "c3": "p", "c4": "h", "c5": "8", "c6": "v", "c7": "P", "c8": "*", "c9": "d"}


@dataclass
class Line:
    """One row of a panel: points with intervals, and where and why it ended."""

    label: str
    colour: str
    sizes: Sequence[float]
    values: Sequence[Estimate]
    dashed: bool = False
    memory_stops: Sequence[tuple[float, float]] = ()
    time_stops: Sequence[tuple[float, float]] = ()


def assign_colours(methods: Iterable[str]) -> dict[str, str]:
    """Colour name of each method: its own where it has one, else the next free."""
    ordered = sorted(set(methods))
    found = {method: KNOWN[method] for method in ordered if method in KNOWN}
    methods = [name for name in COLOURS if name != "c6"]
    free = [name for name in methods if name not in found.values()] or methods
    for j, method in enumerate(m for m in ordered if m not in found):
        found[method] = free[j % len(free)]
    return found


def tell_apart(lines: Sequence[Line]) -> list[Line]:
    """The same lines, one of them in a free colour where two methods of a figure share theirs.

    Methods with a colour of their own keep it; forms of a method share one.
    """
    given: dict[str, str] = {}
    taken = {"c6", *(line.colour for line in lines)}
    for line in sorted(lines, key=lambda line: line.label.partition(":")[0] not in KNOWN):
        method, colour = line.label.partition(":")[0], line.colour
        if method not in given and colour in given.values():
            colour = next((name for name in COLOURS if name not in taken), colour)
            taken.add(colour)
        given.setdefault(method, colour)
    return [replace(line, colour=given[line.label.partition(":")[0]]) for line in lines]


def keep_right(labels: Iterable[str]) -> float:
    """Pixels to keep on the right of a panel for these labels at the line ends."""
    return max(128.0, 20 + 5.9 * max(map(len, labels), default=0))


@cache
def measure(text: str) -> tuple[float, float]:
    """Width and height of a label in pixels. No canvas: a renderer for each label is most of a figure's time."""
    font = get_font(findfont("DejaVu Sans"))
    font.set_size(FONT, 72)
    font.set_text(text)
    return font.get_width_height()[0] / 64, 1.17 * FONT


def light(colour: str) -> str:
    """The colour to draw with."""
    return COLOURS[colour][0]


def make_panel(width: float, height: float, right: float = 128, left: float = 66) -> tuple[Figure, Axes]:
    """An empty panel; `right` pixels are kept for the labels at the line ends, `left` for the ticks."""
    figure, (axes,) = make_panels(width, height, [(left, 42, width - left - right, height - 56)])
    return figure, axes


def make_panels(
    width: float, height: float, boxes: Sequence[tuple[float, float, float, float]]
) -> tuple[Figure, list[Axes]]:
    """An empty panel in each of the boxes: pixels from the left and from below, width and height."""
    with seaborn.axes_style("ticks"), matplotlib.rc_context(RC):
        figure = Figure(figsize=(width / 72, height / 72), dpi=72)
        panels = [figure.add_axes((x / width, y / height, w / width, h / height)) for x, y, w, h in boxes]
        for axes in panels:
            seaborn.despine(ax=axes)
            axes.spines[:].set_color(RULE)
    return figure, panels


def set_log(axes: Axes, x: bool = True, y: bool = True) -> None:
    """Logarithmic axes with plain numbers."""
    if x:
        axes.set_xscale("log")
        axes.xaxis.set_major_locator(LogLocator(10, numticks=6))
        axes.xaxis.set_major_formatter(FuncFormatter(lambda v, _: f"{v:,.0f}" if v >= 1 else f"{v:g}"))
        axes.xaxis.set_minor_locator(NullLocator())
    if y:
        axes.set_yscale("log")
        axes.yaxis.set_major_locator(LogLocator(10, numticks=9))
        axes.yaxis.set_major_formatter(FuncFormatter(lambda v, _: write_tick(v)))
        axes.yaxis.set_minor_locator(NullLocator())


def draw_line(axes: Axes, line: Line) -> None:
    """Points with interval bars, joined, and the marks where the row ended."""
    colour = light(line.colour)
    dash = (0, (4, 2)) if line.dashed else "solid"
    values = [v.value for v in line.values]
    axes.plot(line.sizes, values, color=colour, linewidth=1.3, linestyle=dash, alpha=0.75, zorder=2)
    known = [(x, v) for x, v in zip(line.sizes, line.values, strict=True) if not v.undetermined]
    if known:
        # One path with gaps: a path for each bar is most of a figure's bytes.
        x = [end for x, _ in known for end in (x, x, math.nan)]
        y = [end for _, v in known for end in (v.low, v.high, math.nan)]
        axes.plot(x, y, color=colour, linewidth=1.6, solid_capstyle="butt", zorder=3)
    look: dict[str, Any] = {"linestyle": "none", "markeredgecolor": colour}
    mark = look | {"marker": MARKERS[line.colour], "markersize": 5, "markeredgewidth": 1.1, "zorder": 4}
    axes.plot(line.sizes, values, markerfacecolor=PAPER if line.dashed else colour, **mark)
    stop = look | {"markersize": 7.5, "markeredgewidth": 1.8, "markerfacecolor": PAPER, "zorder": 5, "clip_on": False}
    for stops, marker in ((line.memory_stops, "x"), (line.time_stops, "^")):
        if stops:
            axes.plot(*zip(*stops, strict=True), marker=marker, **stop)


def finish(figure: Figure, name: str, alt: str) -> str:
    """The figure as SVG text: deterministic, accessible, in the page's colours, with ids of its own."""
    for axes in figure.axes:
        _fill_ticks(axes)
        draw_scales(axes, FONT, FAINT, RULE)
    with matplotlib.rc_context(RC):
        stream = io.StringIO()
        FigureCanvasSVG(figure).print_svg(
            stream, metadata={"Date": None, "Creator": None, "Format": None, "Type": None}
        )
    return rewrite(stream.getvalue(), name, alt, VARIABLES)


def _fill_ticks(axes: Axes) -> None:
    """More than the powers of ten on a logarithmic axis that holds fewer than two of them, once its limits are set."""
    for axis, limits in ((axes.xaxis, axes.get_xlim()), (axes.yaxis, axes.get_ylim())):
        low, high = sorted(limits)
        if axis.get_scale() == "log" and sum(low <= tick <= high for tick in axis.get_majorticklocs()) < 2:
            axis.set_major_locator(LogLocator(10, subs=(1.0, 2.0, 5.0), numticks=9))


def write_file(svg: str) -> str:
    """The same SVG as a file of its own, with the variables it needs."""
    light_, dark = (";".join(f"--{name}:{colour}" for name, colour in sorted(p.items())) for p in (LIGHT, DARK))
    style = (
        f"<style>svg{{{light_};background:var(--paper);font-family:system-ui,sans-serif}}"
        f"@media(prefers-color-scheme:dark){{svg{{{dark}}}}}</style>"
    )
    head, _, rest = svg.partition(">")
    return f'<?xml version="1.0" encoding="utf-8"?>\n{head}>{style}{rest}\n'
