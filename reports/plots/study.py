"""Quantities of a training against the seconds or the iterations spent on it, one panel each."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter

from ..statistics import Estimate
from .labels import label_lines
from .stack import make_stack
from .style import Line, draw_line, finish, keep_right, light, set_log

_STEPS = (1, 2, 5)


@dataclass(frozen=True)
class Panel:
    """Lines over seconds, under a title; the axis is logarithmic but for a `percent` and a `linear` quantity."""

    title: str
    lines: Sequence[Line]
    percent: bool = False
    linear: bool = False


def draw_study(
    name: str, alt: str, panels: Sequence[Panel], shared: bool = True, xlabel: str = "seconds of training"
) -> str:
    """The panels, their ranges as bands; `shared` panels have one range of seconds (or what `xlabel` says)."""
    right = keep_right(line.label for panel in panels for line in panel.lines)
    figure, axes = make_stack([panel.title for panel in panels], right=right)
    every = [x for panel in panels for line in panel.lines for x in line.sizes]
    for panel, under in zip(panels, axes, strict=True):
        seconds = every if shared else [x for line in panel.lines for x in line.sizes]
        _draw(figure, under, panel, (min(seconds) / 1.25, max(seconds) * 1.25))
    axes[-1].set_xlabel(xlabel)
    return finish(figure, name, alt)


def _draw(figure: Figure, axes: Axes, panel: Panel, seconds: tuple[float, float]) -> None:
    set_log(axes, y=not (panel.percent or panel.linear))
    for line in panel.lines:
        low, high = ([end(_ends(v)) for v in line.values] for end in (min, max))
        axes.fill_between(line.sizes, low, high, color=light(line.colour), alpha=0.14, linewidth=0, zorder=1)
        bare = [Estimate(v.value) for v in line.values]
        draw_line(axes, replace(line, values=bare))
    axes.set_xlim(*seconds)
    axes.xaxis.set_major_locator(FixedLocator(_ticks(*seconds)))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda x, _: f"{x:,g}"))
    axes.minorticks_off()
    values = [y for line in panel.lines for v in line.values for y in _ends(v)]
    low, high = min(values), max(values)
    if panel.percent:
        room = max(0.06 * (high - low), 0.5)
        axes.set_ylim(low - room, min(high + room, 100.5))
        axes.yaxis.set_major_formatter(FuncFormatter(lambda y, _: f"{y:g} %"))
    elif panel.linear:
        room = max(0.06 * (high - low), 1e-3)
        axes.set_ylim(low - room, high + room)
        axes.yaxis.set_major_formatter(FuncFormatter(lambda y, _: f"{y:g}"))
    else:
        # Also around what did not change at all.
        room = max(max(low / high, 1e-6) ** -0.06, 1.02)
        axes.set_ylim(low / room, high * room)
        axes.yaxis.set_major_locator(FixedLocator(_ticks(*axes.get_ylim())))
    label_lines(figure, axes, list(panel.lines))


def _ends(value: Estimate) -> tuple[float, ...]:
    return (value.value,) if value.undetermined else (value.low, value.high)


def _ticks(low: float, high: float) -> list[float]:
    """1, 2, 5, 10, ... within the limits; powers of ten alone where those would be too many."""
    decades = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    found = [step * 10.0**decade for decade in decades for step in _STEPS if low <= step * 10.0**decade <= high]
    return found if len(found) <= 8 else [tick for tick in found if math.log10(tick).is_integer()]
