"""A comparison in Bencher's metric format, so that a service can keep its ratios over time.

    {"<cell>/<row>": {"ratio": {"value": 1.42, "lower_value": 1.39, "upper_value": 1.45}}}

Format: https://bencher.dev/docs/reference/bencher-metric-format
"""

from __future__ import annotations

import math
from typing import Any

from benchmarks.compare.comparison import Comparison, ratio


def metrics(comparison: Comparison) -> dict[str, dict[str, dict[str, Any]]]:
    """Head's time over base's of every row that was compared, with the bounds of its interval.

    A row that was not looked at yet has no bounds, and one that a side lost is not there: what it must not be is 1.
    """
    found = {}
    for (cell, row), state in comparison.states.items():
        measure = {"value": ratio(state)}
        if state.interval:
            measure |= dict(zip(("lower_value", "upper_value"), map(math.exp, state.interval)))
        found[f"{cell}/{row}"] = {"ratio": measure}
    return found
