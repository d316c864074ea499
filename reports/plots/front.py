"""What accuracy costs: the error of each method against its seconds, and the front of the best; panels that stack."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from ..statistics import Estimate
from .labels import Label, label_points
from .multiples import HEIGHT, WIDTH, stack
from .style import FAINT, MARKERS, PAPER, finish, light, make_panel, set_log
from .ticks import write_tick

# float64 rounds here: a smaller error is luck.
SMALLEST_ERROR = 1e-16
# More names than this in one panel run into each other, and so do two that stand closer than this share of it.
MOST_NAMES, CLOSEST = 7, 0.08
# A limit on the right beyond which a name would leave the panel.
_RIGHT = 3.0


@dataclass(frozen=True)
class Spot:
    """One method: what it costs, its error, and whether no other beats it in both. `named` spots carry their name."""

    label: str
    colour: str
    cost: Estimate
    error: float
    front: bool
    named: bool

    @property
    def at(self) -> tuple[float, float]:
        """Where it stands: seconds, and its error or the smallest that is told."""
        return self.cost.value, max(self.error, SMALLEST_ERROR)


def draw_fronts(name: str, panels: Sequence[tuple[str, Sequence[Spot]]], alts: Sequence[str]) -> str:
    """Panels of (title, spots) on shared logarithmic axes, as HTML."""
    spots = [spot for _, found in panels for spot in found]
    costs, errors = zip(*(spot.at for spot in spots), strict=True)
    low, high = np.log10(min(errors)), np.log10(max(errors))
    room = max(0.08 * (high - low), 0.2)
    limits = (min(costs) / 1.6, max(costs) * _RIGHT), (10 ** (low - room), 10 ** (high + room))
    pairs = [
        (title, _draw(f"{name}-{j + 1}", alt, found, *limits))
        for j, ((title, found), alt) in enumerate(zip(panels, alts, strict=True))
    ]
    return stack(pairs)


def _draw(name: str, alt: str, spots: Sequence[Spot], x: tuple[float, float], y: tuple[float, float]) -> str:
    figure, axes = make_panel(WIDTH, HEIGHT, right=16)
    set_log(axes)
    axes.set(xlim=x, ylim=y, xlabel="time of one call", ylabel="relative error")
    axes.xaxis.set_major_formatter(lambda value, _: write_tick(value, seconds=True))
    axes.yaxis.set_major_formatter(lambda value, _: f"{value:g}" if value >= 1 else f"{value:.0e}".replace("e-0", "e-"))
    best = sorted((s for s in spots if s.front), key=lambda s: (s.cost.value, -s.error))
    stairs = np.array([s.at for s in best]).reshape(-1, 2)
    corners = np.array([(after[0], before[1]) for before, after in pairwise(stairs)]).reshape(-1, 2)
    track = np.empty((len(stairs) + len(corners), 2))
    track[0::2], track[1::2] = stairs, corners
    axes.plot(*track.T, color=FAINT, linewidth=1.2, zorder=2)
    bars = _mark(axes, spots)
    named = sorted((s for s in spots if s.named), key=lambda s: (not s.front, s.cost.value))
    names = [Label(s.label, *s.at, s.colour) for s in named]
    label_points(figure, axes, names, np.array([s.at for s in spots]), track, np.array(bars, dtype=float))
    return finish(figure, name, alt)


def choose_names(labels: Sequence[str], places: Sequence[tuple[float, float]]) -> set[str]:
    """The labels of a front that a panel has room for; its ends are what it is about. `places`: (cost, error)."""
    known = np.log(np.maximum(np.array(places, float).reshape(-1, 2), SMALLEST_ERROR))
    kept, shares = list(range(len(labels))), known / np.maximum(np.ptp(known, axis=0), 1e-9)
    while True:
        gaps = [float(np.hypot(*(shares[b] - shares[a]))) for a, b in pairwise(kept)]
        inner = range(1, len(kept) - 1)
        crowded = [j for j in inner if len(kept) > MOST_NAMES or min(gaps[j - 1], gaps[j]) < CLOSEST]
        if not crowded:
            return {labels[j] for j in kept}
        # The one that gains the least accuracy over the one before it.
        kept.pop(min(crowded, key=lambda j: shares[kept[j - 1]][1] - shares[kept[j]][1]))


def _mark(axes: Axes, spots: Sequence[Spot]) -> list[tuple[tuple[float, float], tuple[float, float]]]:
    """The marks, and of the named on the front the intervals of the time, whose ends are returned."""
    # The nameless look alike: one artist for all of them, since each takes a millisecond.
    nameless = [s.at for s in spots if not s.named]
    small: dict[str, Any] = {"marker": "o", "markersize": 4.5, "markerfacecolor": PAPER, "markeredgecolor": FAINT}
    axes.plot([x for x, _ in nameless], [y for _, y in nameless], linestyle="none", zorder=4, **small)
    bars = []
    for spot in (s for s in spots if s.named):
        (x, y), colour = spot.at, light(spot.colour)
        if spot.front and not spot.cost.undetermined:
            bars.append(((spot.cost.low, y), (spot.cost.high, y)))
            axes.plot([spot.cost.low, spot.cost.high], [y, y], color=colour, linewidth=1.6, zorder=3)
        look: dict[str, Any] = {"marker": MARKERS[spot.colour], "markersize": 6, "markeredgecolor": colour}
        look["markerfacecolor"] = colour if spot.front else PAPER
        axes.plot([x], [y], linestyle="none", zorder=5, **look)
    return bars
