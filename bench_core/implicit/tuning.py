"""The loosest tolerance of a library's that reaches the suite's: what peers are given before they are timed."""

from __future__ import annotations

from collections.abc import Callable
from math import ceil, log, sqrt
from typing import Any, NamedTuple

from bench_core.implicit.settings import HELD

STEP = 10.0  # from one bracket to the next
NEAR = 1.2  # how near the loosest tolerance is searched for
CLOSE = 1.1  # a residual this near the wanted one ends the search
FAIR = 2.0  # by which an answer may be better than was asked for
LARGEST = 1e15  # a tolerance that still serves here does not matter: the library cannot do less than it does
SMALLEST = 1e-10  # times the wanted residual: a tolerance that does not serve here is beyond the arithmetic


def held(eps: float) -> float:
    """What a format of this eps holds of ``v - w + A^T w``, in units of the larger of ``|v|`` and ``|w|``: its terms
    are at least twice as large in all, and each is rounded. A method may stop there; below is only luck.
    """
    return 2 * HELD * eps


class Prepared(NamedTuple):
    """What a method takes over from before its calls: ``arrays`` that every call is given, ``settings`` that are part
    of the method.
    """

    arrays: dict[str, Any]
    settings: dict[str, Any]


def find_loosest(residual: Callable[[float], float], tol: float) -> float:
    """The largest x, to a fifth, with ``residual(x) <= tol``; residual(x) is what the library reaches, given x.

    From x = tol in tenfold steps, up as long as the residual serves or down as long as it does not, then bisection of
    the logarithm. Libraries mean different things by their tolerance (of the batch or of a sample, of the residual, of
    the step or of the normal equations, in this norm or that), so that neither direction has a bound of its own. Cost:
    one solve each, about six. Where none serves the one that came nearest is returned, and the judge says what came of
    it.
    """
    nearest, reached, good = (float("inf"), tol), 0.0, tol

    def serves(x: float) -> bool:
        nonlocal reached, nearest
        reached = residual(x)
        nearest = min(nearest, (reached, x)) if reached == reached else nearest
        return reached <= tol

    if serves(tol):
        while serves(good * STEP):
            good *= STEP
            if good > LARGEST:
                return good
    else:
        good = tol / STEP
        while not serves(good):
            if good < tol * SMALLEST:
                return nearest[1]
            good /= STEP
    bad = good * STEP
    while bad / good > NEAR:
        middle = sqrt(good * bad)
        if serves(middle):
            good = middle
            if reached * CLOSE >= tol:
                break
        else:
            bad = middle
    return good


def find_fewest(residual: Callable[[int], float], tol: float, most: int) -> int:
    """A whole number n from 1 to ``most`` with ``residual(n) <= tol``: the smallest, or one that does not over-solve by
    more than ``FAIR``; ``most`` where no other serves.

    Found by interpolating the logarithm of the residual, which is 1 at n = 0. Cost: one solve each, about three.
    """
    bad, good, above, below = 0, most, 1.0, residual(most)
    while good - bad > 1 and below < tol / FAIR:
        share = log(above / tol) / log(above / max(below, tol * SMALLEST))
        middle = min(good - 1, max(bad + 1, bad + ceil(share * (good - bad))))
        reached = residual(middle)
        if reached <= tol:
            good, below = middle, reached
        else:
            bad, above = middle, min(1.0, reached) if reached == reached else 1.0
    return good
