"""Knots as the page's form and `digest.json` hold them: what lies just beside a measured size told with it."""

import math
from dataclasses import dataclass

from ..forecasts import Knot

# Knots nearer to a measured size than this share are that size's, on its other side.
_NEAR = 1e-4


@dataclass(frozen=True)
class Anchor:
    """A measured knot; `below` and `above` are the factors by which predictions just beside it reach to both sides, NaN
    where there are none.
    """

    knot: Knot
    below: float
    above: float


def fold_knots(knots: tuple[Knot, ...]) -> tuple[list[Anchor], list[Knot]]:
    """The measured knots, and those between and beyond them."""
    measured = {knot.size: knot for knot in knots if knot.how == "measured"}
    beside = {size: [math.nan, math.nan] for size in measured}
    curve = []
    for knot in knots:
        near = next((size for size in measured if 0 < abs(knot.size / size - 1) < _NEAR), None)
        if near is not None:
            beside[near][knot.size > near] = reach(knot)
        elif knot.how != "measured":
            curve.append(knot)
    return [Anchor(knot, *beside[size]) for size, knot in measured.items()], curve


def reach(knot: Knot) -> float:
    """The factor by which a predicted knot's interval reaches to both sides; NaN where it has none."""
    return knot.high / knot.seconds
