"""Rows measured by code of which it was found later that it was not fair or not right: their numbers are told nowhere,
whoever measured them. The changelog says what was published.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from fnmatch import fnmatch
from typing import Any

import numpy as np

from ..clocks import NAMES as CLOCKS
from .select import find_date

# The report's own outcome: no record has it.
RETRACTED = "retracted"
_NOTHING = np.empty(0)
_NUMBERS = ("error", "peak_bytes", "build_s", "first_call_s", "compile_cold_s", "compile_cached_s")


@dataclass(frozen=True)
class Retraction:
    """What is withdrawn of `family` on `backend`, by patterns of rows' names, at commits older than `mended`.

    `peaks` are withdrawn alone where it is true: times, errors and builds hold. `why` is shown where the row stands.
    """

    family: str
    backend: str
    rows: tuple[str, ...]
    mended: datetime
    why: str
    peaks: bool = False

    def holds(self, line: dict[str, Any], date: float) -> bool:
        """Whether a line, of a commit of this date in seconds, is withdrawn."""
        named = (line["family"], line["backend"]) == (self.family, self.backend)
        return named and date < self.mended.timestamp() and any(fnmatch(line["method"], row) for row in self.rows)


def _at(text: str) -> datetime:
    return datetime.fromisoformat(f"{text}+00:00")


RETRACTIONS = (
    Retraction(
        "implicit",
        "jax",
        ("jaxopt_gmres*", "lineax_gmres*"),
        _at("2026-11-27T18:00:14"),
        "GMRES of this library ran with more vectors than it needs, or tested within its cycles",
    ),
    Retraction(
        "line_integral",
        "jax",
        ("dopri5_per_sample_*",),
        _at("2026-11-27T09:23:04"),
        "diffrax kept four times as many states as it needs",
    ),
    Retraction(
        "line_integral",
        "jax",
        ("dopri5_direct_*",),
        _at("2026-11-27T09:23:04"),
        "diffrax kept four times as many states as it needs",
        peaks=True,
    ),
)


def retract(lines: Iterable[dict[str, Any]], dates: dict[str, float]) -> list[dict[str, Any]]:
    """The lines, without the numbers that are withdrawn; `dates` has the seconds of commits."""
    return [_retract(line, find_date(line["commit"], dates)) for line in lines]


def _retract(line: dict[str, Any], date: float) -> dict[str, Any]:
    for retraction in RETRACTIONS:
        if retraction.holds(line, date):
            if retraction.peaks:
                return line | {"peak_bytes": math.nan}
            if line["outcome"] == "ok":
                told = {"outcome": RETRACTED, "reason": retraction.why, "rounds": _NOTHING, "samples_s": _NOTHING}
                return line | told | dict.fromkeys(_NUMBERS, math.nan) | dict.fromkeys(CLOCKS, _NOTHING)
    return line
