"""Where a series changed its level: a rank test of one change, and again on both sides of each that it finds."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from scipy.stats import false_discovery_control, rankdata

# Of fewer values even the clearest change is chance more often than once in twenty: of 8 values the 4 smallest come
# first or last in 2 of 70 orders; of 7 the 3 or 4 smallest do in 8 of 70, less those counted twice.
FEWEST_VALUES = 8
# Of the series that are said to have changed a share that has not, in expectation.
RATE = 0.05
# Random orders that chance is read from, some at once: many series are told by a p-value of 0.05 over their number.
ORDERS = 100_000
_AT_ONCE = 10_000


@dataclass(frozen=True)
class Step:
    """The likeliest change of a series: before value `at`, with the share `p` of random orders as clear."""

    at: int
    p: float


def find_step(values: Any) -> Step:
    """The likeliest change of level of values (n,) in their order.

    K = max_t |U_t|, U_t = sum_{i <= t < j} sign(x_i - x_j) = 2 sum_{i <= t} rank_i - t (n + 1), and p is the share of
    100,000 random orders (and of this one) with a K as large: by ranks, so that one wild value is one value. p is 1 for
    fewer than eight values; a change that is undone later is seen less well. Ranks do not tell the last value before a
    clean step from the least one after it: `at` is where two medians leave the least sum of absolute deviations.

    Raises ValueError for values that are not finite.
    Source: Pettitt (1979), J. R. Stat. Soc. C 28, 126.
    """
    known = _read(values)
    if known.size < FEWEST_VALUES:
        return Step(0, 1.0)
    left = [_deviate(known[:at]) + _deviate(known[at:]) for at in range(1, known.size)]
    return Step(int(np.argmin(left)) + 1, _judge(known))


def find_changes(series: Sequence[Any]) -> list[tuple[int, ...]]:
    """Where each of several series of values changed its level, ascending: places of the first values after.

    Of the series that are said to have changed a share RATE at most, in expectation, has not (Benjamini and
    Hochberg's false discovery rate, over all of eight values or more; rows that share a yardstick move together, which
    it allows). At the level that remains for one of them both sides of its change are searched again, and each change
    is then tested once more between its neighbours: of three levels the first cut may fall within the middle one.

    Raises ValueError for values that are not finite.
    Source: Benjamini and Bogomolov (2014), J. R. Stat. Soc. B 76, 297, for tests within what was selected.
    """
    known = [_read(values) for values in series]
    found: list[tuple[int, ...]] = [()] * len(known)
    tried = [j for j, values in enumerate(known) if values.size >= FEWEST_VALUES]
    if not tried:
        return found
    told = false_discovery_control([_judge(known[j]) for j in tried]) <= RATE
    level = RATE * int(told.sum()) / len(tried)
    for j in (j for j, yes in zip(tried, told, strict=True) if yes):
        found[j] = _settle(known[j], tuple(_split(known[j], level)), level)
    return found


def _read(values: Any) -> np.ndarray:
    known = np.asarray(values, dtype=float)
    if not np.isfinite(known).all():
        raise ValueError(f"values must be finite, got {known}")
    return known


def _judge(values: np.ndarray) -> float:
    """The share of orders whose K is as large."""
    apart, chance = _measure(rankdata(values)[None])[0], _draw(values.size)
    as_clear = chance.size - int(np.searchsorted(chance, apart.max() - 1e-9))
    return (1 + as_clear) / (1 + chance.size)


def _deviate(values: np.ndarray) -> float:
    return float(np.abs(values - np.median(values)).sum())


def _split(values: np.ndarray, level: float, start: int = 0) -> Iterator[int]:
    step = find_step(values)
    if step.p <= level:
        yield from _split(values[: step.at], level, start)
        yield start + step.at
        yield from _split(values[step.at :], level, start + step.at)


def _settle(values: np.ndarray, places: tuple[int, ...], level: float) -> tuple[int, ...]:
    """The changes that stay certain between their neighbours, where they are likeliest there; the least is let go."""
    for _ in range(values.size):
        ends = (0, *places, values.size)
        steps = [find_step(values[start:end]) for start, end in zip(ends, ends[2:], strict=False)]
        worst = max(range(len(steps)), key=lambda j: steps[j].p, default=0)
        if steps and steps[worst].p > level:
            places = places[:worst] + places[worst + 1 :]
            continue
        moved = tuple(sorted({start + step.at for start, step in zip(ends, steps, strict=False)}))
        if moved == places:
            break
        places = moved
    return places


def _measure(ranks: np.ndarray) -> np.ndarray:
    """|U_t| (orders, n - 1) of orders of ranks (orders, n)."""
    count = ranks.shape[1]
    return np.abs(2 * np.cumsum(ranks, axis=1) - np.arange(1, count + 1) * (count + 1))[:, :-1]


@cache
def _draw(count: int) -> np.ndarray:
    """K of random orders of so many values, ascending: the same for every series of that length."""
    generator = np.random.default_rng(count)
    ranks = np.tile(np.arange(1, count + 1, dtype=np.int32), (_AT_ONCE, 1))
    drawn = [_measure(generator.permuted(ranks, axis=1)).max(axis=1) for _ in range(ORDERS // _AT_ONCE)]
    return np.sort(np.concatenate(drawn))
