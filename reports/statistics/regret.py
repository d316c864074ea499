"""Regret: what choosing a method may lose to whatever is fastest, simultaneously over all that may be chosen."""

import math
from collections.abc import Callable, Iterable, Sequence

import numpy as np

from .estimate import Estimate
from .median import bracket_median, middle
from .process import CONFIDENCE, Spread, reach_mean

# Nobody starts a cell more often to settle a choice.
MOST_PROCESSES = 30


def split_confidence(candidates: int) -> float:
    """Two-sided confidence of each ratio so that the bounds of all regrets hold together: 1 - 2 (1 - c) / (k - 1).

    Let f be the fastest of k candidates in truth. Whatever is chosen, its regret is its ratio to f: one of k - 1
    ratios, each to the same f. When all their upper bounds hold, and each fails with probability (1 - c) / (k - 1), so
    do the bounds max over j of upper(i, j) of all candidates i, that of the chosen one among them (for f itself zero is
    enough). So k - 1 comparisons are paid for and not k (k - 1) / 2, and choosing the least bound costs nothing more.

    Raises ValueError for fewer than two candidates.
    Source: constrained multiple comparisons with the best, Hsu (1984), Ann. Stat. 12, 1136; Bonferroni's inequality
    in place of a joint t distribution, since the candidates' spreads differ.
    """
    if candidates < 2:
        raise ValueError(f"a comparison needs two candidates, got {candidates}")
    return 1 - 2 * (1 - CONFIDENCE) / (candidates - 1)


def bound_ratio(logs: Sequence[np.ndarray], measured: Spread | None, confidence: float) -> Estimate:
    """time(a) / time(b) in the mean over processes, with the interval of that mean.

    `logs` holds one array of log t_a - log t_b by round for each process (`log_ratios`). m +- max(arm of the rounds,
    c t(f0 + f) s / sqrt(P)): the mean m of the P processes' medians with the `measured` spread between processes
    (`reach_mean`); never narrower than the sign test on the pooled rounds, or than their extremes where rounds are too
    few for it at this confidence. NaN bounds without a spread: no process can show its own bias.
    """
    medians = np.array([middle(d) for d in logs])
    value, rounds = float(medians.mean()), np.concatenate(logs)
    if measured is None:
        return Estimate(math.exp(value), math.nan, math.nan, rounds.size, confidence)
    arm = reach_mean(medians, measured, confidence)
    within = bracket_median(rounds, confidence)
    inner = (rounds.min(), rounds.max()) if within.undetermined else (within.low, within.high)
    low, high = min(float(inner[0]), value - arm), max(float(inner[1]), value + arm)
    return Estimate(math.exp(value), math.exp(low), math.exp(high), rounds.size, confidence)


def bound_regrets(rows: Sequence[str], ratio: Callable[[str, str], Estimate | None]) -> dict[str, float]:
    """Upper bound of each row's regret: max(0, max over its rivals of the upper bound of time(row) / time(rival) - 1).

    `ratio(a, b)` is time(a) / time(b) at the confidence of `split_confidence`. Rivals are the first row, which should
    be the fastest median, and those not shown to be slower than it: while the bounds hold, a row that is shown to be
    slower than another is not the fastest, and needs not be compared with. NaN where a ratio to a rival is not known. A
    row alone has none: 0.

    A row that is shown to be slower than the first loses more than that does: its bound is no less than the first's
    times the least that it is slower. A noisy rival could give the faster row the wider bound, and the choice would
    fall on what is known to be slower.
    """
    if not rows:
        return {}
    known = {row: ratio(row, rows[0]) for row in rows[1:]}
    slower = {row: found.low for row, found in known.items() if found is not None and found.low > 1}
    rivals = [row for row in rows if row not in slower]
    bounds = {row: _bound(ratio(row, rival) for rival in rivals if rival != row) for row in rows}
    least = {row: low * (1 + bounds[rows[0]]) - 1 for row, low in slower.items()}
    return {
        row: bound if math.isnan(least.get(row, math.nan)) else max(bound, least[row]) for row, bound in bounds.items()
    }


def _bound(against: Iterable[Estimate | None]) -> float:
    bounds = [math.nan if found is None else found.high for found in against]
    return math.nan if any(map(math.isnan, bounds)) else max([1.0, *bounds]) - 1


def processes_needed(logs: Sequence[np.ndarray], measured: Spread, confidence: float, limit: float) -> int | None:
    """Processes in all after which the upper bound of time(a) / time(b) - 1 is expected to be at most `limit`.

    By `bound_ratio` with today's value and spread: the arm of the processes with more of them, that of the rounds with
    the square root of their number. None where not even MOST_PROCESSES would do.
    """
    now, medians = bound_ratio(logs, measured, confidence), np.array([middle(d) for d in logs])
    room, rounds = math.log1p(limit) - math.log(now.value), math.log(now.high / now.value)
    # The bound has been through exp and log: where it is the processes' own, its last digits are not the rounds'.
    rounds = 0.0 if rounds <= reach_mean(medians, measured, confidence) * (1 + 1e-9) else rounds
    for count in range(medians.size, MOST_PROCESSES + 1):
        arm = reach_mean(medians, measured, confidence, count)
        if max(arm, rounds * math.sqrt(medians.size / count)) <= room:
            return count
    return None
