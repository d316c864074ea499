"""Knots as the page's form and `digest.json` hold them: what lies just beside a measured size told with it."""

import math

from ..forecasts import Knot

# Knots nearer to a measured size than this share are that size's, on its other side.
_NEAR = 1e-4


def fold_knots(knots: tuple[Knot, ...]) -> list[list[float]]:
    """[size, seconds, low, high, below, above] where it was measured, [size, seconds, factor] elsewhere, by size.

    A predicted interval reaches from seconds / factor to seconds factor, NaN where it has none; `below` and `above` are
    the factors just beside a measured size, where its own interval no longer holds.
    """
    measured = [knot for knot in knots if knot.how == "measured"]
    folded = {k.size: [k.size, k.seconds, k.low, k.high, math.nan, math.nan] for k in measured}
    for knot in knots:
        factor = knot.high / knot.seconds
        near = next((k.size for k in measured if 0 < abs(knot.size / k.size - 1) < _NEAR), None)
        if near is not None:
            folded[near][4 + (knot.size > near)] = factor
        elif knot.how != "measured":
            folded[knot.size] = [knot.size, knot.seconds, factor]
    return sorted(folded.values())
