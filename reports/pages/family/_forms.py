"""The forms of a row on a GPU, of both backends side by side: a figure and a table."""

import math

from ...digest import FamilyDigest
from ...digest.clocks import GRAPH, Clocked
from ...digest.series import SWEEP_SIZES, Measured
from ...families import FAMILIES
from ...plots import Line
from ...plots.multiples import Panel, draw_multiples, frame
from ...text import write_seconds, write_share, write_size
from ..blocks import Cell, Figure, Figures, Table, columns
from ..naming import name_backend
from ._lines import choose_rows, exact, list_ends
from ._names import caption, describe_sizes, group_sweeps, name_series, name_shared

# A call of which the device has nothing to do for more than this is bound by its launches.
BOUND = 0.5
# The forms that are told beside the first; of the first the backend says which it is.
FORMS = ("compiled", "graph")
FORM_HEADS = (
    ("row", "Row"),
    ("torch-eager", "torch, eager", True),
    ("torch-compiled", "compiled", True),
    ("torch-graph", "graph", True),
    ("torch-idle", "idle in eager", True),
    ("jax-jit", "JAX, jit", True),
    ("jax-idle", "idle", True),
)
# Colours of the backends: their forms share them.
COLOURS = {"torch": "c0", "jax": "c1"}


def choose_names(family: FamilyDigest, series: Measured) -> list[str]:
    """The main rows, and the first of each other question."""
    chosen = choose_rows(family, series)
    for question in FAMILIES[family.name].questions:
        if question.computes and not any(row.computes in question.computes for row in chosen):
            methods = [row for row in series.rows if row.role == "method" and row.ran and ":" not in row.name]
            chosen += [row for row in methods if row.computes in question.computes][:1]
    return [row.name for row in chosen]


def find_clocked(family: FamilyDigest, series: Measured, name: str) -> list[Clocked]:
    """A row of a series at its sizes."""
    return [each for each in family.clocks if (each.series, each.row) == (series.key, name)]


def draw_forms(family: FamilyDigest, shown: list[Measured]) -> Figures | None:
    """A panel a precision: the family's first main row by form, where some backend has enough sizes for a course."""
    groups = [group for group in group_sweeps(shown) if any(len(s.sizes) >= SWEEP_SIZES for s in group)]
    name = FAMILIES[family.name].card[0]
    panels = [panel for group in groups if (panel := _make_panel(family, group, name, shown)).lines]
    if not panels:
        return None
    figure = f"{family.name.replace('_', '-')}-forms"
    told = " ".join(panel.alt for panel in panels)
    alt = f"Time of one call of {name} by form against {family.axis}: {told}"
    drawn = draw_multiples(figure, panels, frame(panels, family.axis, "seconds"))
    return Figures(name_shared(shown), (Figure(figure, _entitle(family, groups, name), drawn, alt),))


def _make_panel(family: FamilyDigest, group: list[Measured], name: str, shown: list[Measured]) -> Panel:
    lines = [line for series in group for line in _make_lines(family, series, name) if len(line.sizes) > 1]
    title = name_series(group[0], shown).partition(", ")[2] or name
    rooflines = [series.roofline for series in group if len(series.roofline) >= SWEEP_SIZES]
    return Panel(title, f"{title}: {list_ends(lines, write_seconds)}.", lines, rooflines)


def _make_lines(family: FamilyDigest, series: Measured, name: str) -> list[Line]:
    """The queued call, and dashed its graph, or how long the device was busy: between two events it is not alone."""
    label, colour = name_backend(series.place.backend), COLOURS.get(series.place.backend, "c2")
    queued = find_clocked(family, series, name)
    lines = {label: [(each.size, each.seconds) for each in queued]}
    if graphs := find_clocked(family, series, f"{name}:{GRAPH}"):
        lines[f"{label}:graph"] = [(each.size, each.seconds) for each in graphs]
    else:
        busy = [(each.size, exact(each.device_s)) for each in queued if not math.isnan(each.idle)]
        lines[f"{label}:busy"] = [(size, value) for size, value in busy if value is not None]
    return [
        Line(words, colour, [size for size, _ in pairs], [value for _, value in pairs], dashed=":" in words)
        for words, pairs in lines.items()
    ]


def _entitle(family: FamilyDigest, groups: list[list[Measured]], name: str) -> str:
    """Up to which size launches are most of an eager call, where they are from the smallest size on."""
    series = [series for group in groups for series in group if len(series.sizes) >= SWEEP_SIZES]
    if len(series) == 1:
        bound = [each.size for each in find_clocked(family, series[0], name) if each.idle > BOUND]
        if bound and tuple(bound) == series[0].sizes[: len(bound)]:
            last = f"{family.axis} = {write_size(bound[-1])}"
            return f"Launches are over half of a call of `{name}` with {series[0].place.backend} up to {last}"
    return f"Time of one call of `{name}` by form, {describe_sizes(family, series)}"


def tabulate_forms(family: FamilyDigest, shown: list[Measured]) -> Table | None:
    """The forms of both backends side by side, at the sizes where launches bind some row."""
    lines, told = [], []
    for group in group_sweeps(shown):
        # The backends are columns here.
        where = {"place": Cell(name_series(group[0], shown).partition(", ")[2])}
        for size in sorted({each.size for each in family.clocks if each.idle > BOUND}):
            for name in dict.fromkeys(name for series in group for name in choose_names(family, series)):
                forms = _list_forms(family, group, size, name)
                if len(forms) > 1:
                    at = {"size": Cell(write_size(size)), "row": Cell(name)}
                    lines.append(where | at | {form: Cell(text) for form, text in forms.items()})
                    told += group
    if not lines:
        return None
    known = {key for line in lines for key in line}
    places = [("place", "Where")] if len({line["place"].text for line in lines}) > 1 else []
    heads = columns(*places, ("size", family.axis, True), *(head for head in FORM_HEADS if head[0] in known))
    words = caption("Time of a queued call by form, where launches are over half of some row's call", told)
    return Table(f"{family.name}-forms", words, heads, tuple(lines))


def _list_forms(family: FamilyDigest, group: list[Measured], size: float, name: str) -> dict[str, str]:
    """Seconds of a row by backend and form, and how idle the device is in the first form of each backend."""
    found: dict[str, str] = {}
    for series in group:
        first, backend = series.row(name), series.place.backend
        rows = {} if first is None else {first.form: name, **{form: f"{name}:{form}" for form in FORMS}}
        for form, row in rows.items():
            for each in find_clocked(family, series, row):
                if each.size == size:
                    found[f"{backend}-{form}"] = write_seconds(each.seconds)
                    if row == name and not math.isnan(each.idle):
                        found[f"{backend}-idle"] = write_share(each.idle)
    return found
