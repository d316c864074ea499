"""How good an answer is that is no gradient: the noise of a curl's probes, the errors of an inverse (section 8)."""

import math

from ..analysis import Analysis
from ..points import Point
from ..text import write_error, write_seconds
from .blocks import Block, Cell, Table, Text, columns, spread
from .common import PLACE, place_cell, size_cell

# By the words of `computes`: a caption, and the qualities that are told of a result.
CURLS = ("curl", "curl_difference", "curl_moments")
INVERSES = ("inverse", "inverse_rk4")
NOTES = {
    "score": (
        "Over the samples, of the ratio of a probe to the dense `|J - Jᵀ|²`: a mean of 1 is unbiased, the spread is "
        "the noise of one probe. Probes of one cost are compared by it: four times the spread takes sixteen times the "
        "probes."
    ),
    "line_integral": (
        "Path error: against the solution of the ODE. Round trip: `|y(x) − y| / |y|`, what is left where J is not the "
        "Jacobian of anything, and the result depends on the path. Error: against the method's own rule in float64."
    ),
}


def show_qualities(analysis: Analysis, family: str) -> tuple[Block, ...]:
    """A table of the curls or of the inverses of a family; nothing where it has neither."""
    if family == "score":
        table = _tabulate(analysis, family, CURLS, "How noisy the probes of the curl are", ("mean", "spread"))
    elif family == "line_integral":
        table = _tabulate(analysis, family, INVERSES, "How near the inverses are", ("path_error", "round_trip"))
    else:
        table = None
    return (table, Text(NOTES[family], "note")) if table is not None else ()


def _tabulate(
    analysis: Analysis, family: str, computes: tuple[str, ...], caption: str, names: tuple[str, ...]
) -> Table | None:
    rows = []
    for series in analysis.series(family):
        known = [row for row in analysis.rows(series) if "~" not in row]
        for size in analysis.sizes(series):
            points = [analysis.point(series, size, row) for row in known]
            for point in points:
                if point is None or point.computes not in computes or not point.ok:
                    continue
                at = {"place": place_cell(analysis, series), "size": size_cell(series.axis, size)}
                rows.append(at | _measure(point, names))
    if not rows:
        return None
    heads = (
        PLACE,
        *columns(("size", analysis.series(family)[0].axis, True), ("row", "Row"), ("seconds", "Time", True)),
        *columns(("error", "Error", True)),
        *columns(*((name, name.replace("_", " ").capitalize(), True) for name in names)),
    )
    return Table(f"quality-{family}", f"{family}: {caption[0].lower()}{caption[1:]}", heads, tuple(rows), folded=True)


def _measure(point: Point, names: tuple[str, ...]) -> dict[str, Cell]:
    cells = {
        "row": Cell(point.row, {"row": point.row}),
        "seconds": Cell(write_seconds(point.seconds), spread("seconds", point.seconds)),
        "error": Cell(write_error(point.error), {"error": point.error}),
    }
    for name in names:
        value = getattr(point.quality, name)
        plain = name in ("mean", "spread") and not math.isnan(value)
        cells[name] = Cell(f"{value:.3g}" if plain else write_error(value), {name: value})
    return cells
