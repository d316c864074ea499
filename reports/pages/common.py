"""What several sections need: names of places and series, groups of cells, lines of panels, cells of tables."""

import math
from collections.abc import Sequence

import numpy as np

from ..analysis import Analysis
from ..plots import Line, assign_colours
from ..points import Group, Place, Point, Products, Series
from ..states import State
from ..text import OUTCOME_WORDS, write_seconds, write_size
from .blocks import Cell, Column, spread

PLACE = Column("place", "Place")
# What users run today, and a fairer form of it, where the family has them; else the slowest gradient that ran at the
# most sizes.
BASELINES = {
    "logdet": ("inverse",),
    "implicit": ("cg_published", "cg"),
    "line_integral": ("dopri5_direct_1e-06",),
    "score": ("phi", "psi"),
}
# A panel with more lines than this cannot be read.
MOST_LINES = 6
# A table with more rows than this opens on a click.
MOST_ROWS = 60


def name_place(analysis: Analysis, place: Place, family: str | None = None) -> str:
    """`torch, cpu`; precision and machine only where the run, or the family, has several."""
    series = analysis.series(family)
    words = [place.backend, place.device]
    if len({s.place.dtype for s in series}) > 1:
        words.append(place.dtype)
    if len({s.place.machine for s in series}) > 1:
        words.append(place.machine)
    return ", ".join(words)


def name_series(analysis: Analysis, series: Series) -> str:
    """The place, with the fixed sizes and the machine's state that tell series of the family apart."""
    name, fixed = name_place(analysis, series.place, series.family), name_fixed(analysis, series)
    words = (name, fixed, f"state {series.state}" if series.state else "")
    return ", ".join(word for word in words if word)


def name_fixed(analysis: Analysis, series: Series, without: str = "") -> str:
    """`B = 64, gamma = 0.9`: the fixed sizes that tell series of the family apart, but not `without`."""
    letters = [letter for letter in analysis.letters(series.family) if letter != without]
    return ", ".join(f"{letter} = {write_size(series.size(letter))}" for letter in letters)


def name_settings(analysis: Analysis, family: str) -> str:
    """`B = 100, L = 2`: the fixed sizes that do not tell series of the family apart."""
    found: dict[str, list[str]] = {}
    for series in analysis.series(family):
        for letter, value in series.fixed:
            words = found.setdefault(letter, [])
            if letter not in analysis.letters(family) and write_size(value) not in words:
                words.append(write_size(value))
    return ", ".join(f"{letter} = {' or '.join(words)}" for letter, words in found.items() if words)


def pick_series(analysis: Analysis, family: str) -> list[Series]:
    """The series to draw where each cell is a figure: the sweeps, or of a place without one that with most sizes."""
    chosen = []
    for place in dict.fromkeys(series.place for series in analysis.series(family)):
        here = [series for series in analysis.series(family) if series.place == place]
        sweeps = [series for series in here if analysis.is_sweep(series)]
        chosen += sweeps or [max(here, key=lambda series: len(analysis.sizes(series)))]
    return chosen


def name_group(analysis: Analysis, family: str, group: Group) -> str:
    """`torch, cpu, D = 512, B = 64`."""
    series = group.series[0]
    batch = f", B = {write_size(series.size('B'))}" if "B" in analysis.letters(family) else ""
    return f"{name_place(analysis, group.place, family)}, {series.axis} = {write_size(group.size)}{batch}"


def colours(analysis: Analysis, family: str) -> dict[str, str]:
    """Colour name of each row of a family, the same in every section."""
    facts = [(row, analysis.facts(s, row).method) for s in analysis.series(family) for row in analysis.rows(s)]
    by_method = assign_colours(method for _, method in facts)
    return {row: by_method[method] for row, method in facts}


def is_other_form(row: str) -> bool:
    """A form of a method besides its first: `relative:compiled`."""
    return ":" in row


def make_line(analysis: Analysis, series: Series, row: str, colour: str, name: str = "") -> Line | None:
    """A row's times as a line of a panel, under its own name or another; None where it never ran."""
    points = [p for p in analysis.points(series, row) if p.ok]
    if not points:
        return None
    fit = analysis.exponent(series, row)
    drawn = None
    if fit is not None and fit.grows:
        sizes = np.geomspace(points[0].size, points[-1].size, 60)
        drawn = [float(s) for s in sizes], [float(v) for v in fit.predict(sizes)]
    memory, time = find_stops(analysis, series, row)
    return Line(
        label=name or row,
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
    seconds = fit.predict(failure.size) if fit is not None and fit.grows else failure.predicted_s
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


def place_cell(analysis: Analysis, series: Series) -> Cell:
    """The series a line of a table is about."""
    return Cell(name_series(analysis, series), place_data(series))


def state_cell(state: State) -> Cell:
    """The place of a state of the machine, whose letter stands beside it."""
    first = state.sessions[0]
    place = ", ".join(str(first.get("cell", name)) for name in ("backend", "device", "dtype"))
    return Cell(place, {"machine": first.machine, "place": place})


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


def name_work(family: str) -> str:
    """What a family's methods spend by choice: products with the Jacobian, or evaluations of a network that is one."""
    return "evaluations of J" if family == "line_integral" else "products"


def write_products(spent: Products | None) -> tuple[str, str]:
    """`107` and `53 vjps, 54 jvps`: products per sample in total and apart; not counted but by the formula: `≈ 107`."""
    if spent is None:
        return "–", ""
    parts = (("vjps", spent.vjps), ("jvps", spent.jvps), ("evaluations", spent.evaluations))
    told = ", ".join(f"{number:g} {word if number != 1 else word[:-1]}" for word, number in parts if number)
    return f"{'' if spent.counted else '≈ '}{spent.total:g}", told


def products_data(spent: Products | None) -> dict[str, object]:
    """Products for the CSV."""
    if spent is None:
        return {"vjps": None, "jvps": None, "evaluations": None, "counted": None}
    return {"vjps": spent.vjps, "jvps": spent.jvps, "evaluations": spent.evaluations, "counted": spent.counted}


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
