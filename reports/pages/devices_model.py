"""The model of many GPUs: the least that a call takes on so many, and what it assumes."""

from ..clusters import MEMORY
from ..digest.devices import DevicesDigest, Modelled
from ..text import write_bytes, write_seconds, write_size
from .blocks import Block, Cell, Table, Text, columns, tabulate

_ASSUMPTIONS = (
    "**A model, measured nowhere.** Products, matrices and results are divided evenly among the GPUs, a factorisation "
    "is not divided at all; products and memory are busy at once, and what is sent comes on top. All rates are the "
    "peaks of data sheets, starting an exchange takes no time, and nothing else is on the links: a call takes at least "
    "this long. Memory counts parameters, data, results and what is exchanged, nothing that a framework keeps for "
    "itself. That D may not be a multiple of the GPUs is left out."
)


def show_model(found: DevicesDigest) -> list[Block]:
    """The assumptions, a table by method, D and GPUs, and the assumed quantities."""
    setting = found.settings
    case = f"B = {setting['B']}, L = {setting['L']}, {setting['dtype']}"
    return [Text(_ASSUMPTIONS), _tabulate(found, case), _tabulate_reach(found, case), _tabulate_quantities(found)]


def _tabulate(found: DevicesDigest, case: str) -> Table:
    groups = sorted({modelled.devices for modelled in found.modelled})
    known = {(m.method, m.size, m.devices): m for m in found.modelled}
    return tabulate(
        "devices-model",
        f"Model: the least time of a call, {case}",
        dict.fromkeys((m.method, m.size) for m in found.modelled),
        ("row", "Method", lambda at: at[0]),
        ("size", "D", lambda at: write_size(at[1]), True),
        *((f"on{n}", f"{n} GPUs", lambda at, n=n: _write(known.get((*at, n))), True) for n in groups),
    )


def _write(modelled: Modelled | None) -> Cell:
    if modelled is None:
        return Cell("")
    held = write_bytes(modelled.peak_bytes)
    if modelled.seconds is None:
        return Cell("does not fit", "off", f"{held} of {write_bytes(MEMORY.value)} a GPU")
    return Cell(f"≥ {write_seconds(modelled.seconds)}", note=f"{held} a GPU; longest: {modelled.bound}")


def _tabulate_reach(found: DevicesDigest, case: str) -> Table:
    """The largest of the D that fits, by method and GPUs."""
    groups = sorted({modelled.devices for modelled in found.modelled})
    rows = []
    for method in dict.fromkeys(m.method for m in found.modelled):
        row = {"row": Cell(method)}
        for devices in groups:
            fitting = [m.size for m in found.modelled if (m.method, m.devices) == (method, devices) and m.fits]
            row[f"on{devices}"] = Cell(write_size(max(fitting)) if fitting else "none")
        rows.append(row)
    heads = columns(("row", "Method"), *((f"on{devices}", f"{devices} GPUs", True) for devices in groups))
    return Table("devices-reach", f"Model: the largest D of these that fits, {case}", heads, tuple(rows))


def _tabulate_quantities(found: DevicesDigest) -> Table:
    return tabulate(
        "devices-assumed",
        "What the model assumes",
        found.assumed,
        ("fact", "Assumed", lambda q: q.name),
        ("value", "Value", lambda q: f"{q.value:,.6g} {q.unit}".strip()),
        ("source", "Source", lambda q: q.source),
        folded=True,
    )
