"""All measured cells as a script, which the page of all points reads; `points.csv` is `reports/points_csv.py`'s."""

import json
import math
from collections.abc import Iterator
from typing import Any

from ..families import FAMILIES
from ..statistics import Estimate
from . import Digest, FamilyDigest
from .series import Cell, Measured, Row

# Significant digits: half of what a chart shows of a decade, and more than any interval is worth.
_DIGITS = 4


def list_points(digest: Digest) -> Iterator[dict[str, Any]]:
    """What the page shows of each row and cell. None is unknown.

    Times are seconds, memory bytes, errors relative; `ratio` is the time in those of the family's yardstick, paired by
    round; `_low` and `_high` are the ends of 95 % intervals.
    """
    letters = _list_letters(digest)
    for family in digest.families:
        for series in family.series:
            for row in series.rows:
                for cell in row.cells:
                    known = _name(family, series, row, cell, letters) | _measure(cell)
                    # In its own time a yardstick says nothing.
                    yield known | (_spread("ratio", None) if row.name == FAMILIES[family.name].yardstick else {})


def write_script(digest: Digest) -> str:
    """`points.js`: the points by column, words as indices into a list of them, and the colours of each family's rows.

    A page that was opened from a file may load a script, but not fetch data.
    """
    points = list(list_points(digest))
    letters = _list_letters(digest)
    table = {name: _pack([point[name] for point in points]) for name in (points[0] if points else ())}
    known = {
        "letters": list(letters),
        # Families in the project's order, with the letters that tell their series apart.
        "varied": {family.name: list(family.letters) for family in digest.families},
        "colours": {family.name: family.colours for family in digest.families},
        "columns": table,
    }
    return f"window.POINTS = {json.dumps(known, ensure_ascii=False, separators=(',', ':'))};\n"


def _list_letters(digest: Digest) -> tuple[str, ...]:
    return tuple(sorted({letter for f in digest.families for s in f.series for letter, _ in s.fixed}))


def _name(family: FamilyDigest, series: Measured, row: Row, cell: Cell, letters: tuple[str, ...]) -> dict[str, Any]:
    fixed = dict(series.fixed)
    return {
        "family": family.name,
        "machine": series.place.machine,
        "backend": series.place.backend,
        "device": series.place.device,
        "dtype": series.place.dtype,
        "state": series.state,
        "row": row.name,
        "role": row.role,
        "computes": row.computes,
        "axis": family.axis,
        "size": cell.size,
        **{letter: fixed.get(letter) for letter in letters},
    }


def _measure(cell: Cell) -> dict[str, Any]:
    return {
        "outcome": cell.outcome,
        "reason": cell.reason,
        **_spread("seconds", cell.seconds),
        **_spread("ratio", cell.ratio),
        "error": cell.error,
        "peak_bytes": cell.peak_bytes,
        "flops": cell.flops,
        "compile_cold_s": cell.compile_cold_s,
        "first_call_s": cell.first_call_s,
    }


def _spread(name: str, value: Estimate | None) -> dict[str, float | None]:
    if value is None:
        return {name: None, f"{name}_low": None, f"{name}_high": None}
    return {name: value.value, f"{name}_low": value.low, f"{name}_high": value.high}


def _pack(values: list[Any]) -> Any:
    """A column: numbers as they are; of words a list of them and where each stands."""
    if not any(isinstance(value, str) for value in values):
        return [_round(value) for value in values]
    words = sorted({str(value) for value in values if value is not None})
    at = {word: j for j, word in enumerate(words)}
    return {"words": words, "at": [None if value is None else at[str(value)] for value in values]}


def _round(value: float | None) -> float | None:
    """Numbers to some digits, whole ones whole, unknown ones empty."""
    if value is None or not math.isfinite(value):
        return None
    return int(value) if float(value).is_integer() and abs(value) < 1e6 else float(f"{value:.{_DIGITS}g}")
