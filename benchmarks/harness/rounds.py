"""Rounds: the order within them and when there are enough."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator

import numpy as np

# The sign test's narrowest interval, [min, max], has 97 % coverage with 6 rounds; with fewer none reaches 95 %.
ENOUGH = 6


def orders(names: list[str], seed: int) -> Iterator[list[str]]:
    """Random cyclic Latin squares: in every ``len(names)`` rounds each name has each place once.

    With two names that is A B, B A in random order. The caller leaves out names that have finished.
    """
    rng = random.Random(seed)
    while True:
        base, shifts = rng.sample(names, len(names)), rng.sample(range(len(names)), len(names))
        for shift in shifts:
            yield base[shift:] + base[:shift]


def half_width(times: np.ndarray, baseline: np.ndarray) -> float:
    """Half the 95 % sign-test interval of ``log(times / baseline)``, paired by round; inf below 6 rounds."""
    n = len(times)
    if n < ENOUGH:
        return math.inf
    d = np.sort(np.log(times) - np.log(baseline))
    # Largest k with P(Binomial(n, 1/2) < k) <= 2.5 %: the interval runs from the k-th smallest to the k-th largest.
    tail, k = 0.0, 0
    while tail + math.comb(n, k) / 2**n <= 0.025:
        tail += math.comb(n, k) / 2**n
        k += 1
    return float(d[n - k] - d[k - 1]) / 2 if k else math.inf


class Stop:
    """Decides after every round: ``narrow``, ``stalled``, ``budget``, ``rounds``, or go on (None)."""

    PATIENCE = 12  # rounds without a tenth of progress in any ratio before it counts as stalled

    def __init__(self, precision: float, deadline: float):
        self.precision, self.deadline = precision, deadline
        self._best = math.inf
        self._best_round = 0

    def reason(self, count: int, widths: list[float], now: float) -> str | None:
        if now >= self.deadline:
            return "budget"
        if not widths or any(math.isinf(w) for w in widths):
            return None
        worst = max(widths)
        if worst <= self.precision:
            return "narrow"
        if worst < 0.9 * self._best:
            self._best, self._best_round = worst, count
        return "stalled" if count - self._best_round >= self.PATIENCE else None
