"""The loosest tolerance of a library's that reaches the suite's: what peers are given before they are timed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from math import ceil, inf, isclose, log, nan, sqrt
from typing import Any, NamedTuple

from bench_core.implicit.settings import HELD

STEP = 10.0  # from one bracket to the next
NEAR = 1.2  # how near the loosest tolerance is searched for
CLOSE = 1.2  # a residual this near the wanted one ends the search
SAME = 0.01  # a residual this near another one is of the same answer
FAIR = 2.0  # by which an answer may be better than was asked for
FURTHER = (2.0, 4.0, 10.0)  # times a tolerance that gives more than is fair: what else is tried, see ``find_loosest``
TRIES = 3  # tolerances that are tightened until they serve nudged data, too
LARGEST = 1e15  # a tolerance that still serves here does not matter: the library cannot do less than it does
SMALLEST = 1e-10  # times the wanted residual: a tolerance that does not serve here is beyond the arithmetic


def held(eps: float) -> float:
    """What a format of this eps holds of ``v - w + A^T w``, in units of the larger of ``|v|`` and ``|w|``: its terms
    are at least twice as large in all, and each is rounded. A method may stop there; below is only luck.
    """
    return 2 * HELD * eps


class Prepared(NamedTuple):
    """What a method takes over from before its calls: ``arrays`` that every call is given, ``settings`` that are part
    of the method; of a library's tuned settings ``looser``, see ``Tuned``.
    """

    arrays: dict[str, Any]
    settings: dict[str, Any]
    looser: float = nan


class Tuned(NamedTuple):
    """A setting that reaches a residual, and ``looser``: the residual of the nearest looser one that was tried and
    misses it, NaN where none does. It tells a library's own step from a search that ended too early.
    """

    setting: Any
    looser: float


# A residual, and the same less what its format holds of it.
Residuals = Callable[[float], tuple[float, float]]


def nudge(eps: float) -> float:
    """What data are multiplied with that differ by rounding alone: in exact arithmetic residuals stay what they are."""
    return 1 + 8 * eps


def tune(residuals: Residuals, tol: float, nudged: Residuals) -> Tuned:
    """The loosest library tolerance for which every sample's residual is at most ``tol``, or within what its format
    holds of that where none is, as ours are stopped, or a tighter one that holds on other data, too (see ``_hold`` and
    ``_secure``); ``residuals(x)`` are both, ``nudged(x)`` those of data that differ by rounding. A tolerance is tried
    once on each.
    """
    known, again = cache(residuals), cache(nudged)

    def search(which: int) -> tuple[float, float | None]:
        def reached(x: float) -> float:
            return known(x)[which]

        setting, missed = find_loosest(reached, tol)
        if missed is not None:
            setting = _hold(reached, setting, tol / reached(missed))
        if reached(setting) <= tol:
            setting = _secure((reached, lambda x: again(x)[which]), setting, tol)
        return setting, missed

    setting, missed = search(0)
    if not known(setting)[0] <= tol:
        setting, missed = search(1)
    return Tuned(setting, nan if missed is None else known(missed)[0])


def _hold(residual: Callable[[float], float], setting: float, share: float) -> float:
    """A tighter tolerance than ``setting`` with the very same answer, where there is one: it holds on other data too.

    What a library measures falls from iteration to iteration, and each tolerance between two of its values stops it at
    the same iterate. The loosest of them is just below the iterate that misses: on other data, or rounded in another
    order, the library may stop at such a one. ``share`` is the wanted residual in units of that one's, whose own
    measure is above ``setting``; no iterate that is below that share of it misses. Cost: one solve.
    """
    tight = setting * max(share, 1 / STEP)
    same = tight < setting and isclose(residual(tight), residual(setting), rel_tol=SAME)
    return tight if same else setting


def _secure(both: Sequence[Callable[[float], float]], setting: float, tol: float) -> float:
    """The setting, tightened until the worst of both data serves: where an iteration is chaotic, as quasi-Newton and
    Lanczos methods are after many steps, rounding moves the iterate that it stops at.
    """
    tried = 0
    while missed := [reached for residual in both if not (reached := residual(setting)) <= tol]:
        if tried == TRIES:
            break
        setting *= max(min(tol / reached if reached == reached else 0.0 for reached in missed), 1 / STEP) / CLOSE
        tried += 1
    return setting


def find_loosest(residual: Callable[[float], float], tol: float) -> tuple[float, float | None]:
    """The largest x, to a fifth, with ``residual(x) <= tol``, and the nearest larger one that was tried and misses it,
    None where none does; residual(x) is what the library reaches, given x.

    From x = tol in tenfold steps, up as long as the residual serves or down as long as it does not, then by
    interpolation and bisection of the logarithm. Libraries mean different things by their tolerance (of the batch or of
    a sample, of the residual, of the step or of the normal equations, in this norm or that), so that neither direction
    has a bound of its own. A residual need not fall with x: where the answer is better than is fair, up to ten times
    looser ones are tried too, once. Cost: one solve each, about four, at most thirteen more than there are
    tenfold steps. Where none serves the one that came nearest is returned, and the judge says what came of it.
    """
    tried: dict[float, float] = {}

    def serves(x: float) -> bool:
        tried[x] = residual(x)
        return tried[x] <= tol

    def climb(x: float) -> float:
        while x <= LARGEST and serves(x * STEP):
            x *= STEP
        return x

    def missed(x: float) -> float | None:
        return min((y for y, reached in tried.items() if y > x and not reached <= tol), default=None)

    if serves(tol):
        good = climb(tol)
    else:
        good = tol / STEP
        while not serves(good):
            if good < tol * SMALLEST:
                nearest = {reached: x for x, reached in tried.items() if reached == reached}
                return nearest[min(nearest)] if nearest else tol, None
            good /= STEP
    if (bad := missed(good)) is None:
        return good, None
    good = _narrow(serves, tried, tol, good, bad)
    if tried[good] * FAIR < tol and (further := [times * good for times in FURTHER if serves(times * good)]):
        good = max(further) if missed(max(further)) else climb(max(further))
        if (bad := missed(good)) is not None:
            good = _narrow(serves, tried, tol, good, bad)
    return good, missed(good)


def _narrow(serves: Callable[[float], bool], tried: dict[float, float], tol: float, good: float, bad: float) -> float:
    """The largest x between ``good``, which serves, and ``bad``, which does not."""
    middle = good * (bad / good) ** _interpolate(tried[good], tried[bad], tol / sqrt(CLOSE))
    while bad / good > NEAR and tried[good] * CLOSE < tol:
        if serves(middle):
            good = middle
        else:
            bad = middle
        middle = sqrt(good * bad)
    return good


def _interpolate(below: float, above: float, wanted: float) -> float:
    """How much of the way from ``below`` to ``above`` the wanted residual lies, by logarithms; half where that tells
    nothing.
    """
    if not 0 < below < wanted < above < inf:
        return 0.5
    return min(0.9, max(0.1, log(wanted / below) / log(above / below)))


def find_fewest(residual: Callable[[int], float], tol: float, most: int) -> Tuned:
    """A whole number n from 1 to ``most`` with ``residual(n) <= tol``: the smallest, or one that does not over-solve by
    more than ``FAIR``; ``most`` where no other serves.

    Found by interpolating the logarithm of the residual, which is 1 at n = 0. Cost: one solve each, about three.
    """
    bad, good, above, below, looser = 0, most, 1.0, residual(most), nan
    while good - bad > 1 and below < tol / FAIR:
        share = log(above / tol) / log(above / max(below, tol * SMALLEST))
        middle = min(good - 1, max(bad + 1, bad + ceil(share * (good - bad))))
        reached = residual(middle)
        if reached <= tol:
            good, below = middle, reached
        else:
            bad, looser = middle, reached
            above = min(1.0, reached) if reached == reached else 1.0
    return Tuned(good, looser if below <= tol else nan)
