"""What a card is to measure."""

from __future__ import annotations

from benchmarks.harness.profile import CARD


def precisions(family: str) -> set[str]:
    """Those in which a card measures a family, some of its rows."""
    return {dtype for sweep in CARD.sweeps(family).values() for dtype in CARD.dtypes_of(sweep)}
