"""Rows of one session side by side: what they took in the rounds that both were timed in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

APART = "apart"  # stands for the round of a row that was timed apart from them: its one sample is paired with such only


def by_round(row: Mapping[str, Any]) -> dict[Any, float]:
    """Seconds of a row by round."""
    return dict(zip([APART] if row.get("apart") else row["rounds"], row["samples_s"]))


def paired_ratios(row: Mapping[str, Any], other: Mapping[str, Any]) -> list[float]:
    """A row's seconds over another's of the same session, in the order of the row's rounds."""
    seconds = by_round(other)
    return [taken / seconds[at] for at, taken in by_round(row).items() if at in seconds]
