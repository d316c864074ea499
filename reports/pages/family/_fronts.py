"""Error against the time of a call: the figure of the chapters that tell fronts."""

from collections.abc import Callable, Iterable

from ...digest import FamilyDigest
from ...digest.fronts import Front, Trade
from ...digest.series import Measured
from ...plots.front import Spot, choose_names, draw_fronts
from ..blocks import Figure, Figures
from ._names import name_at, name_shared


def show_fronts(
    family: FamilyDigest,
    fronts: Iterable[Front],
    shown: list[Measured],
    choose: Callable[[FamilyDigest, Front], set[str]],
    tell: Callable[[Front], str],
    name: str,
    title: str,
    words: str,
) -> Figures:
    """A panel a front: `choose` says which rows have their names in it, `tell` what its text alternative says of it,
    which `words` begin.
    """
    panels, told = [], []
    for front in fronts:
        named = choose(family, front)
        trades = [trade for trade in front.trades if ":" not in trade.row]
        spots = [Spot(t.row, family.colours[t.row], t.seconds, t.error, t.front, t.row in named) for t in trades]
        panels.append((name_at(family, family.find(front.series), shown, front.size), spots))
        told.append(f"{panels[-1][0]}{tell(front)}.")
    name = f"{family.name.replace('_', '-')}-{name}"
    figure = Figure(name, title, draw_fronts(name, panels, told), f"{words}. {' '.join(told)}")
    return Figures(name_shared(shown), (figure,))


def name_best(trades: Iterable[Trade]) -> set[str]:
    """Those on the front that are far enough apart to be told."""
    best = [trade for trade in trades if trade.front]
    return choose_names([t.row for t in best], [(t.seconds.value, t.error) for t in best]) if best else set()
