"""All points as one tidy table, `points.csv`: a line for each row and cell of every machine that was tried."""

import csv
import io
from collections.abc import Iterator
from typing import Any

from .analysis import Analysis
from .clocks import NAMES as CLOCKS
from .columns import COLUMNS
from .families import FAMILIES
from .points import Point, Series, summarise_starts
from .text import shorten


def write_points(analysis: Analysis) -> str:
    """The table as CSV text: `COLUMNS` as head; numbers to four digits, whole ones whole; empty where unknown."""
    text = io.StringIO()
    writer = csv.DictWriter(text, [column.name for column in COLUMNS], lineterminator="\n")
    writer.writeheader()
    for series in analysis.series():
        for row in analysis.rows(series):
            writer.writerows(
                {name: _write(value) for name, value in line.items()} for line in _iterate_lines(analysis, series, row)
            )
    return text.getvalue()


def _iterate_lines(analysis: Analysis, series: Series, row: str) -> Iterator[dict[str, Any]]:
    for point in analysis.points(series, row):
        if point.outcome == "skipped":  # nothing was tried
            continue
        yield {
            "family": series.family,
            **vars(series.place),
            "state": series.state,
            **dict(series.fixed),
            series.axis: point.size,
            **{name: getattr(point, name) for name in ("row", "form", "role", "computes", "exact")},
            **{name: getattr(point, name) for name in ("outcome", "reason", "patient", "error", "measure")},
            "checked_again": point.checked_again if point.ok else None,
            **{name: getattr(point.quality, name) for name in ("residual", "looser_residual")},
            **{name: getattr(point, name) for name in ("peak_bytes", "flops", "bytes")},
            **_describe_times(point),
            **_describe_ratio(analysis, series, point),
            **{name: getattr(point.products, name, None) for name in ("vjps", "jvps", "evaluations")},
            **summarise_starts(point),
        }


def _describe_times(point: Point) -> dict[str, Any]:
    if not point.ok:
        return {}
    seconds = point.seconds
    return {
        "seconds": seconds.value,
        "seconds_low": seconds.low,
        "seconds_high": seconds.high,
        "minimum_s": point.minimum,
        **{name: getattr(point.clocks, name) for name in CLOCKS},
        "samples": seconds.n,
        "processes": len(point.groups),
        "basis": _word(seconds.basis),
    }


def _describe_ratio(analysis: Analysis, series: Series, point: Point) -> dict[str, Any]:
    yardstick = FAMILIES[series.family].yardstick
    ratio = None if point.row == yardstick else analysis.ratio(series, point.size, point.row, yardstick)
    if ratio is None:
        return {}
    basis = "" if ratio.undetermined else _word(ratio.basis)
    return {"ratio": ratio.value, "ratio_low": ratio.low, "ratio_high": ratio.high, "ratio_basis": basis}


def _word(basis: str) -> str:
    return {"own processes": "own", "neighbours": "near"}.get(basis, basis)


def _write(value: Any) -> str:
    if isinstance(value, bool):
        return str(int(value))
    if not isinstance(value, int | float):
        return str(value or "")
    short = shorten(float(value))
    return "" if short is None else str(short)
