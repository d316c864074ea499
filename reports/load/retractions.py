"""Rows measured by code of which it was found later that it was not fair or not right: their numbers are told nowhere,
whoever measured them. Families say which; the changelog says what was published.
"""

import math
from collections.abc import Iterable
from datetime import datetime
from fnmatch import fnmatch
from typing import Any

import numpy as np

from ..clocks import NAMES as CLOCKS
from ..families import FAMILIES, Retraction
from .select import find_date

# The report's own outcome: no record has it.
RETRACTED = "retracted"
_NOTHING = np.empty(0)
_NUMBERS = ("error", "peak_bytes", "build_s", "first_call_s", "compile_cold_s", "compile_cached_s")


def retract(lines: Iterable[dict[str, Any]], dates: dict[str, float]) -> list[dict[str, Any]]:
    """The lines, without the numbers that are withdrawn; `dates` has the seconds of commits."""
    return [_retract(line, _find_latest(line["commit"], dates)) for line in lines]


def find_mended(retraction: Retraction) -> float:
    """When what it names was mended, in seconds."""
    return datetime.fromisoformat(f"{retraction.mended}+00:00").timestamp()


def _find_latest(commit: str | None, dates: dict[str, float]) -> float:
    """When a commit was made at the latest: before its first session, however late others of it were measured."""
    return min(find_date(commit, dates), dates.get(f"began:{commit}", math.inf))


def _retract(line: dict[str, Any], date: float) -> dict[str, Any]:
    for retraction in FAMILIES[line["family"]].retracted:
        if not _holds(retraction, line, date):
            continue
        if retraction.peaks:
            return line | {"peak_bytes": math.nan}
        if line["outcome"] == "ok":
            told = {"outcome": RETRACTED, "reason": retraction.why, "rounds": _NOTHING, "samples_s": _NOTHING}
            told["quality"] = {}
            return line | told | dict.fromkeys(_NUMBERS, math.nan) | dict.fromkeys(CLOCKS, _NOTHING)
    return line


def _holds(retraction: Retraction, line: dict[str, Any], date: float) -> bool:
    """Whether a line, of a commit of this date in seconds, is withdrawn."""
    named = any(fnmatch(line["method"], pattern) for pattern in retraction.methods)
    return named and line["backend"] == retraction.backend and date < find_mended(retraction)
