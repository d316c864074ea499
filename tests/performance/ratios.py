"""Paired ratios of a session's rows, and when they break a promise."""

from __future__ import annotations

import numpy as np
from scipy.stats import binomtest

from benchmarks.harness.rounds import ENOUGH


def pair(record: dict, a: str, b: str) -> np.ndarray:
    """The paired ratios of two rows."""
    first, second = (dict(zip(record["rows"][r]["rounds"], record["rows"][r]["samples_s"])) for r in (a, b))
    shared = sorted(first.keys() & second.keys())
    assert len(shared) >= ENOUGH
    return np.array([first[i] / second[i] for i in shared])


def refute(ratios: np.ndarray, most: float) -> str:
    """Why the median of these ratios is not at most so much, by the sign test at 5 %; "" where it may be.

    A machine that other guests slow meanwhile moves a median of six rounds by a tenth, either way.
    """
    above = int((ratios > most).sum())
    refuted = binomtest(above, len(ratios), alternative="greater").pvalue < 0.05
    return f"{np.median(ratios):.3f}, and {above} of {len(ratios)} rounds above {most:.3f}" if refuted else ""
