"""A family's digest by hand, so that the tests of what reads it need no results."""

import math

from reports.digest import FamilyDigest
from reports.digest.series import Cell, Measured, Row
from reports.pages.blocks import Figures, Table, Text
from reports.plots.style import assign_colours
from reports.points import Place
from reports.statistics import Estimate

SIZES = (10.0, 100.0, 1000.0, 10000.0)


def cell(size: float, seconds: float | None = 1.0, **changes) -> Cell:
    """A row at a size, with an interval of two percent; None did not run."""
    nothing = dict.fromkeys(("stopped_s", "attainable_s", "vjps", "jvps", "evaluations"), math.nan)
    nothing |= dict.fromkeys(("compile_cold_s", "compile_cached_s", "first_call_s"), math.nan)
    known = {"outcome": "ok" if seconds else "over_budget", "reason": "", "limit": "" if seconds else "time"}
    known |= {"seconds": about(seconds) if seconds else None, "ratio": None, "error": 1e-7, "measure": "reference"}
    known |= {"peak_bytes": 1e6 * size, "instrument": "VmHWM rise", "flops": 1e6 * size, "bytes": 1e3 * size}
    return Cell(**{"size": size, **nothing, **known, "counted": False, **changes})


def row(name: str, *cells: Cell, **changes) -> Row:
    """A method that returns a gradient, of these cells."""
    ran = [c.size for c in cells if c.seconds is not None]
    failed = [c.size for c in cells if c.seconds is None]
    known = {"form": "eager", "role": "method", "exact": True, "computes": "relative", "source": ""}
    known |= {"exponent": None, "largest_ok": max(ran, default=None), "smallest_failed": min(failed, default=None)}
    return Row(**{"name": name, "method": name.partition(":")[0], "cells": cells, **known, **changes})


def series(*rows: Row, backend: str = "torch", state: str = "", axis: str = "D", **fixed) -> Measured:
    """A sweep of these rows."""
    sizes = tuple(sorted({c.size for r in rows for c in r.cells}))
    key = "-".join([backend, *(f"{k}{v}" for k, v in fixed.items()), state]).lower().strip("-")
    place = Place("machine", backend, "cpu", "float32")
    return Measured(key, "logdet", place, axis, tuple(fixed.items()), state, sizes, 0.02, 0.05, 32e9, rows)


def family(*measured: Measured, name: str = "logdet", **digests) -> FamilyDigest:
    """The digest of a family of these series."""
    methods = {r.name: r.method for s in measured for r in s.rows}
    colours = {r: assign_colours(methods.values())[m] for r, m in methods.items()}
    return FamilyDigest(name, measured[0].axis, (), colours, measured, **digests)


def about(value: float, width: float = 0.01) -> Estimate:
    """An estimate with an interval of this relative half width."""
    return Estimate(value, value * (1 - width), value * (1 + width), 24)


def sweep(name: str, seconds: float = 1e-4, **changes) -> Row:
    """A row that grows with the square of the size."""
    return row(name, *(cell(size, seconds * (size / 10) ** 2) for size in SIZES), **changes)


def figures(section):
    """All figures of a section."""
    return [figure for block in section.blocks if isinstance(block, Figures) for figure in block.figures]


def texts(section):
    """All texts of a section."""
    return [block.text for block in section.blocks if isinstance(block, Text)]


def tables(section):
    """All tables of a section."""
    return [block for block in section.blocks if isinstance(block, Table)]
