"""The frontier of a method: the largest size that ran and the smallest that did not."""

from collections.abc import Iterable
from dataclasses import dataclass

from ._check import check_number

OUTCOMES = ("ok", "skipped", "over_budget", "oom", "timeout", "wrong", "error")


@dataclass(frozen=True)
class Frontier:
    """Largest size that ran, smallest that did not, and that one's outcome; None where there is none."""

    largest_ok: float | None
    smallest_failed: float | None
    outcome: str | None


def find_frontier(outcomes: Iterable[tuple[float, str]]) -> Frontier:
    """Frontier of (size, outcome) pairs in any order; only `ok` ran.

    A size may come several times, once per process: it ran only if every process did, since a size that fails one
    time in three is not one to rely on. Its outcome is the first that was not `ok`.

    Raises ValueError for no pairs, a size that is not positive and finite, or an unknown outcome.
    """
    failed: dict[float, str] = {}
    sizes: set[float] = set()
    for size, outcome in outcomes:
        check_number("size", size, 0.0)
        if size == 0:
            raise ValueError("size must be positive, got 0")
        if outcome not in OUTCOMES:
            raise ValueError(f"outcome must be one of {', '.join(OUTCOMES)}, got {outcome!r}")
        sizes.add(size)
        if outcome != "ok":
            failed.setdefault(size, outcome)
    if not sizes:
        raise ValueError("outcomes must hold at least one (size, outcome) pair, got none")
    smallest = min(failed, default=None)
    return Frontier(max(sizes - failed.keys(), default=None), smallest, None if smallest is None else failed[smallest])
