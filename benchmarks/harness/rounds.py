"""Rounds: the order within them and when there are enough."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator

import numpy as np

# The sign test's narrowest interval, [min, max], has 97 % coverage with 6 rounds; with fewer none reaches 95 %.
ENOUGH = 6


def orders(names: list[str], seed: int) -> Iterator[list[str]]:
    """Random Williams designs: in every ``len(names)`` rounds each name has each place once, and follows each other
    name once (of an odd number of names: twice in every two squares).

    With two names that is A B, B A in random order. The caller leaves out names that have finished.

    What ran before leaves the caches, the allocator and the threads in its own state. In a cyclic square a row follows
    the same other row in all rounds but one, so that all of its samples have the same disturbance, which no median
    takes away: a 0.5 ms step of psi after a dense curl of 100 MB took 2.7 ms in 13 of 14 rounds. Source: Williams 1949,
    Aust. J. Sci. Res. A 2, 149.
    """
    rng, n = random.Random(seed), len(names)
    # 0, 1, n - 1, 2, n - 2, ...: every step between neighbours is a different one.
    zigzag = [(j + 1) // 2 if j % 2 else -(j // 2) for j in range(n)]
    while True:
        base = rng.sample(names, n)
        for sequence in [zigzag] if n % 2 == 0 else [zigzag, zigzag[::-1]]:
            for shift in rng.sample(range(n), n):
                yield [base[(place + shift) % n] for place in sequence]


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
