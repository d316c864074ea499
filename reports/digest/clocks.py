"""A call by every clock of a GPU, and the least share of it in which the device has nothing to do."""

import math
from dataclasses import dataclass

from ..analysis import Analysis
from ..clocks import NAMES
from ..points import Series
from ..statistics import Estimate
from .series import AtSize, Cell, Measured, Row, find_keys

# The form that launches a row's kernels at once.
GRAPH = "graph"


@dataclass(frozen=True)
class Clocked(AtSize):
    """A row at a size, seconds of one call; NaN where a clock was not read.

    seconds         of a queued block, as everywhere else
    latency_s       waited for alone, with a warm cache; `cold_latency_s` after the L2 cache was swept
    device_s        of torch between two events, gaps between kernels included; of JAX the busy time of a trace
    worked          device_s over seconds; the two were not timed side by side
    idle            share of the call in which the device has nothing to do: of JAX what it was not busy, of torch at
                    least what the `graph` of the same kernels saves
    graph           time of that form over the row's, paired by round; None where there is none
    """

    seconds: Estimate
    latency_s: float
    cold_latency_s: float
    device_s: float
    worked: float
    idle: float
    graph: Estimate | None


def digest_clocks(analysis: Analysis, name: str, measured: tuple[Measured, ...]) -> tuple[Clocked, ...]:
    """Of every series, size and row of which a GPU's clocks were read, or a note says why not."""
    keys = find_keys(analysis, name)
    return tuple(
        _describe(analysis, keys[series.key], series, row, cell)
        for series in measured
        for size in series.sizes
        for row in series.rows
        if (cell := row.at(size)) is not None and cell.seconds is not None and _is_read(cell)
    )


def _is_read(cell: Cell) -> bool:
    clocks = cell.clocks
    return bool(clocks.note) or not all(math.isnan(v) for v in (clocks.latency_s, clocks.device_s))


def _describe(analysis: Analysis, at: Series, series: Measured, row: Row, cell: Cell) -> Clocked:
    assert cell.seconds is not None
    worked, graph = cell.clocks.device_s / cell.seconds.value, None
    if ":" not in row.name and series.row(f"{row.name}:{GRAPH}") is not None:
        graph = analysis.ratio(at, cell.size, f"{row.name}:{GRAPH}", row.name)
    known = graph.value if graph is not None else worked if series.place.backend == "jax" else math.nan
    return Clocked(
        series=series.key,
        size=cell.size,
        row=row.name,
        seconds=cell.seconds,
        **{name: getattr(cell.clocks, name) for name in NAMES},
        worked=worked,
        idle=math.nan if math.isnan(known) else max(0.0, 1 - known),
        graph=graph,
    )
