"""One call by every clock of a GPU: where launches are the time of a call, and what each form makes of them."""

import math

from ...digest import FamilyDigest
from ...digest.clocks import Clocked
from ...digest.series import Measured
from ...families import FAMILIES
from ...text import write_list, write_seconds, write_share, write_size
from ..blocks import Block, Cell, Items, Section, Table, Text, columns
from ._lines import choose_rows
from ._names import caption, name_series, series_cell, size_cell

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
NOTE = (
    "**Queued**: the calls of a block are launched one after the other and the last is waited for, as in a training "
    "loop: the time shown elsewhere. **Waited for**: one call alone, with a warm cache, and after the L2 cache was "
    "swept. **Device**: of torch the time between two events, gaps between kernels included; of JAX the time in which "
    "the device was busy, by a trace. The last three were taken after the rounds, at most 20 calls of each: they are "
    "paired with nothing, and a share of the queued time may exceed 100 %. **Idle** is the share of a queued call in "
    "which the device has nothing to do: of JAX what it was not busy, of torch at least what a graph of the same "
    "kernels saves, paired by round. Blocks of long calls hold one. One number each has no interval. "
)
SINGLE = "Calls over 0.1 s are waited for one by one and have no other clock."


def build(family: FamilyDigest) -> Section | None:
    """What decides, the forms where launches do, and every clock; None where no GPU was measured."""
    shown = [series for series in family.series if any(each.series == series.key for each in family.clocks)]
    if not shown:
        return None
    blocks: list[Block] = [Items(told)] if (told := _say_idle(family, shown)) else []
    forms = _tabulate_forms(family, shown)
    blocks += [forms] if forms is not None else []
    single = any(math.isnan(each.latency_s) and math.isnan(each.device_s) for each in family.clocks)
    blocks += [_tabulate_clocks(family, shown), Text(f"{NOTE}{SINGLE if single else ''}".strip(), "note")]
    return Section("clocks", "One call by every clock", tuple(blocks))


def _say_idle(family: FamilyDigest, shown: list[Measured]) -> tuple[str, ...]:
    """A sentence a series: how much of a call of its first main row is no work, and where that decides."""
    told = []
    for series in shown:
        for name in FAMILIES[family.name].card:
            known = [each for each in _find(family, series, name) if not math.isnan(each.idle)]
            if known:
                told.append(_say_series(name_series(series, shown), name, family.axis, known))
                break
    return tuple(told)


def _say_series(where: str, name: str, axis: str, known: list[Clocked]) -> str:
    shares = write_list(f"{100 * each.idle:.0f} % at {axis} = {write_size(each.size)}" for each in known)
    # What a graph saves is a bound; a trace says how long the device was busy.
    least = "at least " if all(each.graph is not None for each in known) else ""
    bound = [each for each in known if each.idle > BOUND]
    text = f"{where}: in a call of `{name}` the device is idle for {least}{shares}"
    if not bound:
        return f"{text}: nowhere for more than half of it."
    sizes = write_list(write_size(each.size) for each in bound)
    saved = max((each for each in bound if each.graph is not None), key=lambda each: each.idle, default=None)
    text += f". At {axis} = {sizes} launches are more than half of it, and their number decides, not their work"
    if saved is None or saved.graph is None:
        return f"{text}."
    return f"{text}: replayed as one graph it is {1 / saved.graph.value:.2g} times faster at {write_size(saved.size)}."


def _choose_names(family: FamilyDigest, series: Measured) -> list[str]:
    """The main rows, and the first of each other question."""
    chosen = choose_rows(family, series)
    for question in FAMILIES[family.name].questions:
        if question.computes and not any(row.computes in question.computes for row in chosen):
            found = [r for r in series.rows if r.role == "method" and r.computes in question.computes and r.ran]
            first = [row for row in found if ":" not in row.name]
            chosen += first[:1]
    return [row.name for row in chosen]


def _find(family: FamilyDigest, series: Measured, name: str) -> list[Clocked]:
    return [each for each in family.clocks if (each.series, each.row) == (series.key, name)]


def _tabulate_forms(family: FamilyDigest, shown: list[Measured]) -> Table | None:
    """The forms of both backends side by side, at the sizes where launches bind some row."""
    places: dict[tuple[object, ...], list[Measured]] = {}
    for series in shown:
        place = series.place
        places.setdefault((place.machine, place.device, place.dtype, series.fixed), []).append(series)
    lines = []
    for group in places.values():
        # The backends are columns here.
        where = {"place": Cell(name_series(group[0], shown).partition(", ")[2])} if len(places) > 1 else {}
        for size in sorted({each.size for each in family.clocks if each.idle > BOUND}):
            for name in dict.fromkeys(name for series in group for name in _choose_names(family, series)):
                forms = _list_forms(family, group, size, name)
                if len(forms) > 1:
                    at = {"size": size_cell(family.axis, size), "row": Cell(name)}
                    lines.append(where | at | {form: Cell(text) for form, text in forms.items()})
    if not lines:
        return None
    known = {key for line in lines for key in line}
    where = [("place", "Where")] if len(places) > 1 else []
    heads = columns(*where, ("size", family.axis, True), *(head for head in FORM_HEADS if head[0] in known))
    words = caption("Time of a queued call by form, where launches are over half of some row's call", shown)
    return Table(f"{family.name}-forms", words, heads, tuple(lines), folded=len(lines) > 24)


def _list_forms(family: FamilyDigest, group: list[Measured], size: float, name: str) -> dict[str, str]:
    """Seconds of a row by backend and form, and how idle the device is in the first form of each backend."""
    found: dict[str, str] = {}
    for series in group:
        first, backend = series.row(name), series.place.backend
        rows = {} if first is None else {first.form: name, **{form: f"{name}:{form}" for form in FORMS}}
        for form, row in rows.items():
            for each in _find(family, series, row):
                if each.size == size:
                    found[f"{backend}-{form}"] = write_seconds(each.seconds)
                    if row == name and not math.isnan(each.idle):
                        found[f"{backend}-idle"] = write_share(each.idle)
    return found


def _tabulate_clocks(family: FamilyDigest, shown: list[Measured]) -> Table:
    lines = [
        {"place": series_cell(series, shown), "size": size_cell(family.axis, size), "row": Cell(each.row)}
        | _write_clocks(each)
        for series in shown
        for size in series.sizes
        for name in _choose_names(family, series)
        for row in (name, *(f"{name}:{form}" for form in FORMS))
        for each in _find(family, series, row)
        if each.size == size
    ]
    heads = columns(
        ("place", "Where"),
        ("size", family.axis, True),
        ("row", "Row"),
        ("seconds", "Queued", True),
        ("latency", "Waited for, warm", True),
        ("cold", "cold", True),
        ("device", "Device", True),
        ("worked", "of queued", True),
        ("idle", "Idle", True),
    )
    words = caption("A call by every clock", shown)
    return Table(f"{family.name}-clocks", words, heads, tuple(lines), folded=len(lines) > 24)


def _write_clocks(each: Clocked) -> dict[str, Cell]:
    return {
        "seconds": Cell(write_seconds(each.seconds)),
        "latency": Cell(write_seconds(each.latency_s)),
        "cold": Cell(write_seconds(each.cold_latency_s)),
        "device": Cell(write_seconds(each.device_s)),
        "worked": Cell(write_share(each.worked)),
        "idle": Cell(write_share(each.idle)),
    }
