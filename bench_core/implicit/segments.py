"""Where the checkpointed iteration keeps its states."""

from __future__ import annotations

from math import isqrt

from bench_core.method import check_whole


def segments(K: int) -> tuple[int, int, int]:
    """``(length, count, rest)`` with ``1 + count * length + rest = K``: ``count`` segments computed twice.

    The first step starts from a constant and stands apart. The last segment, of ``rest`` steps, is the first that
    the gradient goes back through: its states are needed at once, so computing them a second time would save nothing.
    Raises ``ValueError`` for a K that is no whole number from 1. Source: Chen et al. 2016, with segments of sqrt(K)
    steps.
    """
    check_whole("K", K, "number of steps")
    length = isqrt(K)
    count = max(0, (K - 2) // length)
    return length, count, K - 1 - count * length
