"""The paired ratio of two methods' times, over rounds and processes."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ._check import check_confidence, check_times
from ._quantile import student_arm
from .estimate import Estimate
from .median import bracket_median, middle
from .process import Spread, reach_process

# What a fresh process is worth: the standard deviation of a log ratio from one process to the next that we expect
# before seeing any. Address layout, page placement and clock state move one method by about 1 %, a ratio of two by
# sqrt(2) %.
PROCESS_SPREAD = 0.015
# How many processes' worth of evidence that expectation is; 0 would be the plain t interval. Three processes estimate a
# spread so badly that their plain t interval (4.3 standard errors) finds a 10 % slowdown in 69 % of simulated runs; 2
# finds 96 %, 3 finds 98 %. The price: where processes truly differ by 4 % each, the 95 % interval of three holds 81 %.
PROCESS_SPREAD_WEIGHT = 3


@dataclass(frozen=True)
class Ratio(Estimate):
    """time(a) / time(b): below 1, a is the faster. `n` counts rounds.

    `basis` says whose processes the interval is by: `own processes`, `neighbours`, `lent` (another machine's), or
    `rounds` where no spread was measured and there is one process. No number of its rounds can show its own bias: with
    one of 1 % per method a nominal 95 % interval of 30 rounds holds the ratio over processes in only 63 %.
    """

    processes: int = 1


def paired_ratio(sessions: Sequence[Any], confidence: float = 0.95, measured: Spread | None = None) -> Ratio:
    """Ratio of two methods timed in the same rounds: exp(median of d), d_r = log t_a,r - log t_b,r.

    `sessions` holds one pair (t_a, t_b) per process, aligned by round. Drift shared by the methods of a round
    cancels in d_r. The interval is the wider of two.

    within:  order statistics of the sign test on the pooled d_r; needs six rounds in total, else NaN bounds.
    between: median +- t(f0 + f) s / sqrt(P), s^2 = (f0 s0^2 + f s_P^2) / (f0 + f), with s_P the standard deviation
             of the P processes' medians, f = P - 1, s0 = PROCESS_SPREAD and f0 = PROCESS_SPREAD_WEIGHT. A t interval
             whose variance is shrunk towards an expected one: two or three processes that agree by luck do not give a
             false certainty, and three that disagree by an ordinary amount do not hide a 10 % difference. One process
             has none.

    With the `measured` spread of log ratios between processes (`fit_spread`) the value is the geometric mean of the
    processes' medians, and `between` is the interval for another process's ratio, as `estimate_process` has it for a
    time: for a single process too.

    Seconds in, a dimensionless ratio out. Raises ValueError for no sessions, empty, unaligned, non-finite or
    non-positive times.
    Source: sign test interval, Thompson (1936), Ann. Math. Stat. 7, 122; shrunk variance, Smyth (2004), Stat. Appl.
    Genet. Mol. Biol. 3(1), article 3.
    """
    confidence = check_confidence(confidence)
    logs = log_ratios(sessions)
    within = bracket_median(np.concatenate(logs), confidence)
    between = _bracket_processes(logs, within.value, confidence)
    basis = "own processes" if len(logs) > 1 else "rounds"
    if measured is not None:
        medians = np.array([middle(d) for d in logs])
        value, arm = float(medians.mean()), reach_process(medians, measured, confidence)
        between = Estimate(value, value - arm, value + arm, len(logs), confidence)
        # Around the same value: the rounds of a process with many do not pull it.
        within = Estimate(value, min(within.low, value), max(within.high, value), within.n, confidence)
        basis = "lent" if measured.lent else basis if len(logs) > 1 else "neighbours"
    wider = between if not within.undetermined and _width(between) > _width(within) else within
    value, low, high = (math.exp(log) for log in (wider.value, wider.low, wider.high))
    return Ratio(value, low, high, within.n, confidence, basis, len(logs))


def log_ratios(sessions: Sequence[Any]) -> list[np.ndarray]:
    """d_r = log t_a,r - log t_b,r, one array per process. Raises ValueError as `paired_ratio` does."""
    if len(sessions) == 0:
        raise ValueError("sessions must hold at least one pair (t_a, t_b), got none")
    logs = []
    for j, pair in enumerate(sessions):
        if len(pair) != 2:
            raise ValueError(f"session {j} must be a pair (t_a, t_b), got {len(pair)} entries")
        t_a, t_b = check_times(f"t_a of session {j}", pair[0]), check_times(f"t_b of session {j}", pair[1])
        if t_a.size != t_b.size:
            raise ValueError(f"session {j} must have as many t_a as t_b, got {t_a.size} and {t_b.size}")
        logs.append(np.log(t_a) - np.log(t_b))
    return logs


def _bracket_processes(logs: list[np.ndarray], centre: float, confidence: float) -> Estimate:
    count = len(logs)
    if count < 2:
        return Estimate(centre, math.nan, math.nan, count, confidence)
    seen = float(np.var([middle(d) for d in logs], ddof=1))
    freedom = PROCESS_SPREAD_WEIGHT + count - 1
    variance = (PROCESS_SPREAD_WEIGHT * PROCESS_SPREAD**2 + (count - 1) * seen) / freedom
    arm = student_arm(confidence, freedom) * math.sqrt(variance / count)
    return Estimate(centre, centre - arm, centre + arm, count, confidence)


def _width(estimate: Estimate) -> float:
    return 0.0 if estimate.undetermined else estimate.high - estimate.low
