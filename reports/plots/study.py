"""A quantity of a training against the seconds spent on it."""

import math
from dataclasses import replace

from matplotlib.ticker import FixedLocator, FuncFormatter

from ..statistics import Estimate
from .labels import label_lines
from .style import Line, draw_line, finish, light, make_panel, set_log
from .ticks import write_tick

_STEPS = (1, 2, 5)


def draw_study(name: str, alt: str, lines: list[Line], ylabel: str, percent: bool = False) -> str:
    """Lines over seconds on a log axis, their ranges as bands; percent on a linear axis, else on a log axis."""
    figure, axes = make_panel()
    set_log(axes, y=not percent)
    for line in lines:
        low, high = ([end(_ends(v)) for v in line.values] for end in (min, max))
        axes.fill_between(line.sizes, low, high, color=light(line.colour), alpha=0.14, linewidth=0, zorder=1)
        bare = [Estimate(v.value, math.nan, math.nan) for v in line.values]
        draw_line(axes, replace(line, values=bare), join=True)
    seconds = [x for line in lines for x in line.sizes]
    values = [y for line in lines for v in line.values for y in _ends(v)]
    axes.set_xlim(min(seconds) / 1.25, max(seconds) * 1.25)
    axes.xaxis.set_major_locator(FixedLocator(_ticks(*axes.get_xlim())))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda x, _: f"{x:,g}"))
    axes.minorticks_off()
    low, high = min(values), max(values)
    if percent:
        room = max(0.06 * (high - low), 0.5)
        axes.set_ylim(low - room, min(high + room, 100.5))
        axes.yaxis.set_major_formatter(FuncFormatter(lambda y, _: f"{y:g} %"))
    else:
        room = max(low / high, 1e-6) ** -0.06
        axes.set_ylim(low / room, high * room)
        axes.yaxis.set_major_locator(FixedLocator(_ticks(*axes.get_ylim())))
        axes.yaxis.set_major_formatter(FuncFormatter(lambda y, _: write_tick(y)))
    axes.set_xlabel("seconds of training")
    axes.set_ylabel(ylabel)
    label_lines(figure, axes, lines)
    return finish(figure, name, alt)


def _ends(value: Estimate) -> tuple[float, ...]:
    return (value.value,) if value.undetermined else (value.low, value.high)


def _ticks(low: float, high: float) -> list[float]:
    """1, 2, 5, 10, ... within the limits; powers of ten alone where those would be too many."""
    decades = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    found = [step * 10.0**decade for decade in decades for step in _STEPS if low <= step * 10.0**decade <= high]
    return found if len(found) <= 8 else [tick for tick in found if math.log10(tick).is_integer()]
