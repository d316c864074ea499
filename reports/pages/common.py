"""What several sections need: names of places and series, themes of panels, cells for estimates and holes."""

import math
from collections.abc import Sequence

import numpy as np

from ..analysis import Analysis, Place, Point, Series
from ..plots import Line, assign_colours
from ..statistics import Estimate
from ..text import OUTCOME_WORDS, write_seconds, write_size
from .blocks import Cell, spread

# A panel with more lines than this cannot be read.
MOST_LINES = 6


def name_place(analysis: Analysis, place: Place) -> str:
    """`torch, cpu`; precision and machine only where the run has several."""
    series = analysis.series()
    words = [place.backend, place.device]
    if len({s.place.dtype for s in series}) > 1:
        words.append(place.dtype)
    if len({s.place.machine for s in series}) > 1:
        words.append(place.machine)
    return ", ".join(words)


def name_series(analysis: Analysis, series: Series) -> str:
    """The place, with the fixed sizes where a family has several of them at this place."""
    same = [s for s in analysis.series(series.family) if s.place == series.place]
    name = name_place(analysis, series.place)
    return name if len(same) == 1 else f"{name}, {name_fixed(series)}"


def name_fixed(series: Series) -> str:
    """`B = 100, L = 2`."""
    return ", ".join(f"{letter} = {write_size(value)}" for letter, value in series.fixed)


def name_settings(analysis: Analysis, family: str) -> str:
    """The fixed sizes that all series of a family share, else nothing."""
    found = {name_fixed(series) for series in analysis.series(family)}
    return found.pop() if len(found) == 1 else ""


def colours(analysis: Analysis, family: str) -> dict[str, str]:
    """Colour name of each row of a family, the same in every section."""
    facts = [(row, analysis.facts(s, row).method) for s in analysis.series(family) for row in analysis.rows(s)]
    by_method = assign_colours(method for _, method in facts)
    return {row: by_method[method] for row, method in facts}


def is_other_form(row: str) -> bool:
    """A form of a method besides its first: `relative:compiled`."""
    return ":" in row


def themes(analysis: Analysis, series: Series) -> list[tuple[str, tuple[str, ...]]]:
    """Panels of at most six rows: gradients; the floor and what is no gradient; other forms beside the first."""
    rows = [row for row in analysis.rows(series) if "~" not in row and any(p.ok for p in analysis.points(series, row))]
    first = [row for row in rows if not is_other_form(row)]
    facts = {row: analysis.facts(series, row) for row in rows}
    gradients = [row for row in first if facts[row].is_gradient]
    rest = [row for row in first if row not in gradients]
    # A form that ran at one size only is a number for the tables, not a line.
    others = [row for row in rows if is_other_form(row) and sum(p.ok for p in analysis.points(series, row)) > 1]
    pairs = [row for other in others for row in (other.partition(":")[0], other) if row in rows]
    found = [("gradients", gradients), ("the floor, updates and values", rest)]
    if others:
        found.append(("compiled against eager", list(dict.fromkeys(pairs))))
    panels = []
    for title, chosen in found:
        # Slowest first is no order to cut by: keep the rows' own order, six at a time.
        pieces = [chosen[j : j + MOST_LINES] for j in range(0, len(chosen), MOST_LINES)]
        for j, piece in enumerate(pieces):
            panels.append((f"{title} ({j + 1})" if len(pieces) > 1 else title, tuple(piece)))
    return panels


def make_line(analysis: Analysis, series: Series, row: str, colour: str, curve: bool = True) -> Line | None:
    """A row's times as a line of a panel; None where it never ran."""
    points = [p for p in analysis.points(series, row) if p.ok]
    if not points:
        return None
    fit = analysis.exponent(series, row)
    drawn = None
    if curve and fit is not None and not fit.estimate.undetermined:
        sizes = np.geomspace(points[0].size, points[-1].size, 60)
        drawn = [float(s) for s in sizes], [float(v) for v in fit.predict(sizes)]
    memory, time = find_stops(analysis, series, row)
    return Line(
        label=row,
        colour=colour,
        sizes=[p.size for p in points],
        values=[p.seconds for p in points],
        dashed=is_other_form(row),
        curve=drawn,
        memory_stops=memory,
        time_stops=time,
    )


def find_stops(
    analysis: Analysis, series: Series, row: str
) -> tuple[list[tuple[float, float]], list[tuple[float, float]]]:
    """(size, seconds) where memory and where time first ended a row, at the time it would have taken."""
    failure, largest = analysis.first_failure(series, row), analysis.frontier(series, row).largest_ok
    if failure is None or failure.limit not in ("memory", "time") or (largest is not None and largest > failure.size):
        return [], []
    fit = analysis.exponent(series, row)
    seconds = fit.predict(failure.size) if fit is not None and not fit.estimate.undetermined else failure.predicted_s
    if math.isnan(seconds):
        return [], []
    stop = [(failure.size, float(seconds))]
    return (stop, []) if failure.limit == "memory" else ([], stop)


def time_cell(point: Point | None, note: str = "") -> Cell:
    """A row's time at a size, or why there is none."""
    if point is None:
        return Cell("", {"outcome": None}, "off")
    if point.ok:
        data = spread("seconds", point.seconds) | {"minimum_s": point.minimum, "outcome": "ok"}
        return Cell(write_seconds(point.seconds), data, "", note)
    return Cell(
        OUTCOME_WORDS.get(point.outcome, point.outcome),
        {"outcome": point.outcome, "reason": point.reason},
        "off",
        point.reason,
    )


def size_cell(axis: str, size: float) -> Cell:
    """The size a line of a table is about."""
    return Cell(write_size(size), {axis: size})


def place_data(series: Series) -> dict[str, object]:
    """The coordinates of a series, for the CSV."""
    place = series.place
    return {
        "family": series.family,
        "machine": place.machine,
        "backend": place.backend,
        "device": place.device,
        "dtype": place.dtype,
        **dict(series.fixed),
    }


def describe_ranges(sizes: Sequence[float], all_sizes: Sequence[float], axis: str) -> str:
    """`D = 8 to 128 and 512`: runs of neighbouring sizes."""
    runs: list[list[float]] = []
    order = {size: j for j, size in enumerate(all_sizes)}
    for size in sorted(sizes):
        if runs and order[size] == order[runs[-1][-1]] + 1:
            runs[-1].append(size)
        else:
            runs.append([size])
    words = [write_size(run[0]) if len(run) == 1 else f"{write_size(run[0])} to {write_size(run[-1])}" for run in runs]
    joined = words[0] if len(words) == 1 else ", ".join(words[:-1]) + " and " + words[-1] if words else ""
    return f"{axis} = {joined}"


def estimate_cell(name: str, value: Estimate | None, text: str, tone: str = "") -> Cell:
    """An estimate with its three CSV columns."""
    return Cell(text, spread(name, value), tone)
