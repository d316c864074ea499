"""The shortest rule: which method over which range of sizes, so that following it loses little anywhere."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from ._check import check_number

# More ranges are no rule to remember.
MOST_RANGES = 3
# Regrets that differ by less choose the same rule: a range more must earn its place.
_EQUAL = 1e-9


@dataclass(frozen=True)
class Plan:
    """`ranges` are (first, last, method); `worst` is the largest regret of following them, `at` the size of it."""

    ranges: tuple[tuple[float, float, str], ...]
    worst: float
    at: float


def find_plan(sizes: Sequence[float], regrets: Sequence[Mapping[str, float]], within: float) -> Plan | None:
    """The fewest ranges of sizes, a method each, whose worst regret is at most `within`.

    `regrets` holds for each size the regret of every method that may be used there, a share; a method that is
    missing or NaN at a size cannot be used in a range that holds it. Where no MOST_RANGES stay `within`, the fewest
    that reach the least worst regret of any so many; where none of these exists (no method runs everywhere), as many
    ranges as it takes. Of rules with equal worst regret the one with the least sum. None without sizes.

    Dynamic programming: best(n, j) = min over i, m of max(best(n - 1, i), max of m's regrets at sizes i to j).

    Raises ValueError for regrets that are not one for each size, sizes that do not increase, a size at which no
    method may be used and a `within` that is negative.
    """
    check_number("within", within, 0.0)
    if len(sizes) != len(regrets):
        raise ValueError(f"regrets must be one for each size, got {len(regrets)} for {len(sizes)} sizes")
    if any(b <= a for a, b in pairwise(sizes)):
        raise ValueError(f"sizes must be strictly increasing, got {list(sizes)}")
    known = [{row: value for row, value in sorted(entry.items()) if not math.isnan(value)} for entry in regrets]
    for size, entry in zip(sizes, known, strict=True):
        if not entry:
            raise ValueError(f"no method may be used at size {size:g}: leave it out")
    if not known:
        return None
    pieces = _price_pieces(known)
    plans = [plan for count in range(1, len(known) + 1) if (plan := _split(pieces, len(known), count)) is not None]
    # A list of n ranges exists from some n on; the shortest ones come first.
    allowed = [plan for plan in plans if len(plan) <= MOST_RANGES] or plans[:1]
    least = min(_find_worst(pieces, plan) for plan in allowed)
    limit = max(within, least + _EQUAL)
    chosen = next(plan for plan in allowed if _find_worst(pieces, plan) <= limit)
    ranges = tuple((float(sizes[i]), float(sizes[j]), pieces[i, j][2]) for i, j in chosen)
    losses = [(known[k][pieces[i, j][2]], float(sizes[k])) for i, j in chosen for k in range(i, j + 1)]
    worst, at = max(losses, key=lambda loss: (loss[0], -loss[1]))
    return Plan(ranges, worst, at)


# The best method of sizes i to j, both included: (worst regret, sum of regrets, method).
_Pieces = dict[tuple[int, int], tuple[float, float, str]]


def _price_pieces(known: Sequence[Mapping[str, float]]) -> _Pieces:
    pieces: _Pieces = {}
    for i in range(len(known)):
        going = dict.fromkeys(known[i], (0.0, 0.0))
        for j in range(i, len(known)):
            going = {
                row: (max(worst, known[j][row]), total + known[j][row])
                for row, (worst, total) in going.items()
                if row in known[j]
            }
            if not going:
                break
            pieces[i, j] = min((worst, total, row) for row, (worst, total) in going.items())
    return pieces


def _split(pieces: _Pieces, count: int, ranges: int) -> list[tuple[int, int]] | None:
    """The best split of `count` sizes into so many ranges, None where there is none."""
    best: list[tuple[float, float, list[tuple[int, int]]] | None]
    best = [None] + [(*pieces[0, j][:2], [(0, j)]) if (0, j) in pieces else None for j in range(count)]
    for _ in range(ranges - 1):
        longer: list[tuple[float, float, list[tuple[int, int]]] | None] = [None] * (count + 1)
        for j in range(count):
            options = [
                (max(before[0], piece[0]), before[1] + piece[1], [*before[2], (i, j)])
                for i in range(1, j + 1)
                if (before := best[i]) is not None and (piece := pieces.get((i, j))) is not None
            ]
            longer[j + 1] = min(options, default=None)
        best = longer
    found = best[count]
    return None if found is None else found[2]


def _find_worst(pieces: _Pieces, plan: Sequence[tuple[int, int]]) -> float:
    return max(pieces[piece][0] for piece in plan)
