"""A spread to lend: how far processes differ, bounded from above, for machines that have one process a cell."""

import math
from collections.abc import Sequence
from dataclasses import replace
from itertools import chain
from typing import Any

import numpy as np
from scipy.stats import t as student

from ._quantile import student_arm
from .process import Spread, fit_prior, fit_spread, high_quantile, log_variances, reach_alone

# What a lent spread is an upper bound at.
UPPER = 0.90
# Cells are alike in some things and unlike in more: of fewer the spread of a family is luck. By 2 processes of 1, 3, 5
# and 8 cells of the published results, intervals of 95 % held 80 to 88, 92 to 94, 92 to 93 and 94 to 95 % of the other
# cells' processes, and in the worst tenth of the draws 53 to 75, 85 to 86, 81 to 88 and 89 to 91 %.
ENOUGH_CELLS = 8
# Order statistics of the scores that are kept: enough for the 40 candidates of a choice.
KEPT_SCORES = 399


def bound_spread(cells: Sequence[Sequence[Any]]) -> Spread | None:
    """The spread of `fit_spread` over all cells, one list of arrays (processes,) each, with an upper bound of s0.

    s0 exp(t(n - 1) e): the bound at UPPER to one side of log t(f0) s0, whose standard error e is the jackknife's
    over the n cells; rows of a cell share its processes and are no evidence each. f0, stretch and scores are those of
    all cells, the scores thinned upwards. None with fewer than eight cells of several processes.

    Source: jackknife over clusters, Miller (1974), Biometrika 61, 1.
    """
    several = [[np.asarray(row, dtype=float) for row in rows if len(row) > 1] for rows in cells]
    several = [rows for rows in several if rows]
    spread = fit_spread(chain(*several)) if len(several) >= ENOUGH_CELLS else None
    if spread is None:
        return None
    known, count = [log_variances(rows) for rows in several], len(several)
    reaches = np.array([_reach(known[:left] + known[left + 1 :]) for left in range(count)])
    error = math.sqrt((count - 1) * float(reaches.var()))
    widened = float(student.ppf(UPPER, count - 1)) * error
    kept = np.array([high_quantile(spread.scores[0], (k + 1) / (KEPT_SCORES + 1)) for k in range(KEPT_SCORES)])
    return replace(spread, variance=spread.variance * math.exp(2 * widened), scores=(kept, np.empty(0)), lent=True)


def choose_spread(own: Spread, cells: int, wider: Spread | None) -> Spread:
    """A family's own spread, of so many cells; where these are few, of it and a `wider` circle's the larger one."""
    if wider is None or cells >= ENOUGH_CELLS:
        return own
    return max(own, wider, key=reach_alone)


def _reach(known: Sequence[tuple[np.ndarray, np.ndarray]]) -> float:
    """log t(f0) s0: the half width of an interval for another process, but for what does not change with the cells."""
    logs, freedoms = (np.concatenate(column) for column in zip(*known, strict=True))
    variance, freedom = fit_prior(logs, freedoms)
    return math.log(student_arm(0.95, freedom) * math.sqrt(variance))
