"""All measured cells as a script, which the page of all points reads; `points.csv` is `reports/points_csv.py`'s."""

import json
import math
from collections.abc import Iterator
from typing import Any

from ..families import FAMILIES
from ..statistics import Estimate
from ..text import is_near
from . import Digest, FamilyDigest
from .series import Cell, Measured, Row
from .shown import choose_shown

# Significant digits: half of what a chart shows of a decade, and more than any interval is worth.
_DIGITS = 4


def list_points(digest: Digest) -> Iterator[dict[str, Any]]:
    """What the page shows of each row and cell, in the order of `list_series`. None is unknown.

    Times are seconds, memory bytes, errors relative; `ratio` is the time in those of the family's yardstick, paired by
    round. `_low` and `_high` are the ends of 95 % intervals in thousandths of their value: half the digits.
    `near` is 1 where those of the time are from how far the processes of other cells differ.
    """
    for number, (family, series) in enumerate(_iterate_series(digest)):
        yardstick = FAMILIES[family.name].yardstick
        for row in series.rows:
            for cell in row.cells:
                yield {"series": number} | _describe(row, cell, row.name == yardstick)


def list_series(digest: Digest) -> list[dict[str, Any]]:
    """What the cells of each series share: family, place, state, the swept letter and the fixed sizes."""
    return [
        {"family": family.name, **vars(series.place), "state": series.state, "axis": family.axis, **dict(series.fixed)}
        for family, series in _iterate_series(digest)
    ]


def write_script(digest: Digest) -> str:
    """`points.js`: the points by column, words as indices into a list of them; of each family the colours of its rows
    and which are shown first.

    A page that was opened from a file may load a script, but not fetch data.
    """
    points = list(list_points(digest))
    known = {
        "letters": sorted({letter for _, series in _iterate_series(digest) for letter, _ in series.fixed}),
        # Families in the project's order, with the letters that tell their series apart.
        "varied": {family.name: list(family.letters) for family in digest.families},
        "colours": {family.name: family.colours for family in digest.families},
        "series": list_series(digest),
        "shown": _list_shown(digest),
        "columns": {name: _pack([point[name] for point in points]) for name in (points[0] if points else ())},
    }
    return f"window.POINTS = {json.dumps(known, ensure_ascii=False, separators=(',', ':'))};\n"


def _list_shown(digest: Digest) -> dict[str, dict[str, Any]]:
    """Which rows of which series each family shows first."""
    at = {(family.name, series.key): number for number, (family, series) in enumerate(_iterate_series(digest))}
    found = {family.name: choose_shown(family) for family in digest.families}
    return {name: {"series": at[name, first.series.key], "rows": first.rows} for name, first in found.items() if first}


def _iterate_series(digest: Digest) -> Iterator[tuple[FamilyDigest, Measured]]:
    return ((family, series) for family in digest.families for series in family.series)


def _describe(row: Row, cell: Cell, yardstick: bool) -> dict[str, Any]:
    return {
        "row": row.name,
        "role": row.role,
        "computes": row.computes,
        "size": cell.size,
        "outcome": cell.outcome,
        "reason": cell.reason,
        **_spread("seconds", cell.seconds),
        "near": int(is_near(cell.seconds)),
        # In its own time a yardstick says nothing.
        **_spread("ratio", None if yardstick else cell.ratio),
        "error": cell.error,
        "peak_bytes": cell.peak_bytes,
        "flops": cell.flops,
        "compile_cold_s": cell.compile_cold_s,
        "first_call_s": cell.first_call_s,
    }


def _spread(name: str, value: Estimate | None) -> dict[str, float | None]:
    if value is None:
        return {name: None, f"{name}_low": None, f"{name}_high": None}
    low, high = (None if math.isnan(end) else round(1000 * end / value.value) for end in (value.low, value.high))
    return {name: value.value, f"{name}_low": low, f"{name}_high": high}


def _pack(values: list[Any]) -> Any:
    """A column: numbers as they are; of words a list of them and where each stands."""
    if not any(isinstance(value, str) for value in values):
        return [_round(value) for value in values]
    words = sorted(set(values))
    at = {word: j for j, word in enumerate(words)}
    return {"words": words, "at": [at[value] for value in values]}


def _round(value: float | None) -> float | None:
    """Numbers to some digits, whole ones whole, unknown ones empty."""
    if value is None or not math.isfinite(value):
        return None
    return int(value) if float(value).is_integer() and abs(value) < 1e6 else float(f"{value:.{_DIGITS}g}")
