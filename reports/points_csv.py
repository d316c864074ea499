"""All points as one tidy table, `points.csv`: a line for each row and cell of every machine; and its schema."""

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from .analysis import Analysis
from .clocks import NAMES as CLOCKS
from .families import FAMILIES
from .points import Point, Series, find_middle
from .text import shorten


@dataclass(frozen=True)
class Column:
    """A column: its name, the unit of its numbers ("" for words and counts), and what it says."""

    name: str
    unit: str
    meaning: str


# The papers' letters; a cell has a value in those of its family.
SIZES = (
    Column("D", "", "dimension of the data (logdet), of the fixed point (implicit)"),
    Column("d", "", "dimension of the data (line_integral, score)"),
    Column("B", "", "batch"),
    Column("L", "", "layers (logdet, score)"),
    Column("condition", "", "condition number of every W, about 4 where empty (logdet)"),
    Column("H", "", "width of the hidden layers (line_integral, score)"),
    Column(
        "J",
        "",
        "what the Jacobian is made of: free, tanh, psd, kronecker, kronecker_psd, hessian or uneven (line_integral)",
    ),
    Column("gamma", "", "contraction factor of the iterated map (implicit)"),
    Column("T", "", "what is iterated: random, symmetric, rotation or conv (implicit)"),
    Column("tol", "", "relative residual at which the solvers stop (implicit)"),
)
COLUMNS = (
    Column("family", "", "family of problems"),
    Column("machine", "", "machine; nothing is ever paired across two of them"),
    Column("backend", "", "torch or jax"),
    Column("device", "", "cpu or cuda"),
    Column("dtype", "", "precision of the timed arithmetic"),
    Column("state", "", "letter of the machine's speed where the family was measured at several, else empty"),
    *SIZES,
    Column("row", "", "name of the row: a method, and after a colon its form where it is not the first"),
    Column("form", "", "eager, compiled, graph (a replayed CUDA graph), jit or allocating (results are made anew)"),
    Column(
        "role", "", "method, peer (a library's), floor (work that none can avoid), calibration or twin (A/A control)"
    ),
    Column("computes", "", "which answer the row gives"),
    Column("exact", "", "1 where the method is meant to be exact, else 0"),
    Column("outcome", "", "ok, skipped, over_budget, oom, timeout, wrong or error; without ok there is no time"),
    Column("reason", "", "why the outcome is not ok"),
    Column("seconds", "s", "one call: geometric mean of the processes' medians"),
    Column(
        "seconds_low", "s", "lower bound of the 95 % interval for another process's median; empty where none is known"
    ),
    Column("seconds_high", "s", "its upper bound"),
    Column("minimum_s", "s", "the fastest sample"),
    Column(
        "latency_s", "s", "on cuda: a call waited for alone, with a warm cache; seconds are those of a queued block"
    ),
    Column("cold_latency_s", "s", "on cuda: the same after the L2 cache was swept"),
    Column("device_s", "s", "on cuda: by the device's clock, between two events (torch) or its busy time (jax)"),
    Column("samples", "", "samples of all processes, one a round"),
    Column("processes", "", "fresh processes behind the time"),
    Column("basis", "", "whose spread the interval is from: own (its processes) or near (cells like it)"),
    Column("patient", "", "1 for one to three calls apart from the rounds, as no other profile had the time; else 0"),
    Column(
        "ratio",
        "",
        "seconds / those of the family's yardstick, paired by round"
        f" ({', '.join(family.yardstick for family in FAMILIES.values())}); empty where not timed side by side",
    ),
    Column("ratio_low", "", "lower bound of its 95 % interval"),
    Column("ratio_high", "", "upper bound of its 95 % interval"),
    Column(
        "ratio_basis",
        "",
        "whose spread that is from: own (its processes), near (cells like it), or lent by another machine",
    ),
    Column("error", "", "relative error of the timed result, the worst process"),
    Column("measure", "", "what the error is: reference, probes (an estimate of it) or residual"),
    Column("peak_bytes", "bytes", "peak memory of a call, the largest process; empty where nothing read it"),
    Column("flops", "", "floating-point operations of a call, by formula"),
    Column("bytes", "bytes", "bytes that a call moves, by formula"),
    Column("vjps", "", "vector-Jacobian products per sample, counted, or by formula"),
    Column("jvps", "", "Jacobian-vector products per sample"),
    Column("evaluations", "", "evaluations of the map per sample"),
    Column("compile_cold_s", "s", "compilation with nothing cached, median of the processes"),
    Column("compile_cached_s", "s", "compilation from a warm disk cache, median of the processes"),
    Column("first_call_s", "s", "the first call of a process, median of those that found nothing cached"),
)


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
    place = series.place
    for point in analysis.points(series, row):
        yield {
            "family": series.family,
            "machine": place.machine,
            "backend": place.backend,
            "device": place.device,
            "dtype": place.dtype,
            "state": series.state,
            **dict(series.fixed),
            series.axis: point.size,
            **{name: getattr(point, name) for name in ("row", "form", "role", "computes", "exact")},
            **{name: getattr(point, name) for name in ("outcome", "reason", "patient", "error", "measure")},
            **{name: getattr(point, name) for name in ("peak_bytes", "flops", "bytes")},
            **_describe_times(point),
            **_describe_ratio(analysis, series, point),
            **{name: getattr(point.products, name, None) for name in ("vjps", "jvps", "evaluations")},
            **{
                name: find_middle(getattr(s, name) for s in point.cold_starts)
                for name in ("compile_cold_s", "first_call_s")
            },
            "compile_cached_s": find_middle(start.compile_cached_s for start in point.starts.values()),
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
    bounds = (
        {}
        if ratio.undetermined
        else {"ratio_low": ratio.low, "ratio_high": ratio.high, "ratio_basis": _word(ratio.basis)}
    )
    return {"ratio": ratio.value, **bounds}


def _word(basis: str) -> str:
    return {"own processes": "own", "neighbours": "near"}.get(basis, basis)


def _write(value: Any) -> str:
    if isinstance(value, bool):
        return str(int(value))
    if not isinstance(value, int | float):
        return str(value or "")
    short = shorten(float(value))
    return "" if short is None else str(short)
