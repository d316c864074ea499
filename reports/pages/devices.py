"""Past one device: what methods send and hold on several, and a model of many."""

from collections.abc import Sequence

from ..digest import Digest
from ..digest.devices import DevicesDigest, Spread
from ..plots import Line, assign_colours
from ..plots.multiples import Panel, draw_multiples, frame
from ..statistics import Estimate
from ..text import write_bytes, write_error, write_list, write_size
from .blocks import Block, Cell, Figure, Figures, Page, Section, Table, Text, missing, tabulate
from .devices_model import show_model
from .naming import name_backend

FILE = "devices.html"
TITLE = "Past one device"
COMMAND = "`python -m benchmarks sharding`"


def build(digest: Digest) -> tuple[Page, ...]:
    """The page; of several machines the first's, for programs do not depend on the machine."""
    if not digest.devices:
        section = missing("measured", "What is sent and held", f"Not run: {COMMAND}.")
        return (Page(FILE, TITLE, "What the methods send and hold on several devices.", (section, _tell_how())),)
    found = digest.devices[0]
    lead = (
        f"What the methods send and hold on up to {max(s.devices for s in found.measured)} devices, read from programs "
        "that were compiled for emulated ones, and a model of many. Nothing on this page was timed."
    )
    sections = (
        Section("measured", "What is sent and held", tuple(_show_measured(found))),
        Section("strong", "The same problem on more devices", tuple(_show_strong(found))),
        Section("weak", "More devices for a larger problem", tuple(_show_weak(found))),
        Section("model", "A model of many GPUs", tuple(show_model(found))),
        _tell_how(),
    )
    return (Page(FILE, TITLE, lead, sections),)


def _at(found: DevicesDigest, devices: int) -> list[Spread]:
    """The cases of so many devices at the largest size that has a larger one beside it."""
    sizes = sorted({spread.size for spread in found.measured})
    size = sizes[-2] if len(sizes) > 1 else sizes[-1]
    return [spread for spread in found.measured if (spread.devices, spread.size) == (devices, size)]


def _show_measured(found: DevicesDigest) -> list[Block]:
    most = max(spread.devices for spread in found.measured)
    shown = _at(found, most)
    gathering = sorted({f"`{spread.method}`" for spread in shown if spread.gathers})
    others = write_list(sorted({f"`{spread.method}`" for spread in shown} - set(gathering)))
    whole = f"neither framework splits an LU, and {write_list(gathering)} gathers every W; " if gathering else ""
    setting, cases = found.settings, len(found.measured)
    judged = f"{found.astray} of {cases} cases send other than" if found.astray else f"all {cases} cases send what"
    text = (
        f"D = {write_size(shown[0].size)}, B = {setting['B']}, L = {setting['L']}, {setting['dtype']}, {most} devices: "
        f"{whole}of {others} arrays of the batch alone are exchanged. Bytes are those that one device sends along a "
        f"ring; {judged} the formula says."
    )
    return [Text(text), _tabulate(shown, most), Text(_tell_agreement(found), "note"), Text(_tell_origin(found), "note")]


def _tell_agreement(found: DevicesDigest) -> str:
    groups = sorted({f"{agreement.devices} devices by {name_backend(agreement.backend)}" for agreement in found.agreed})
    largest = max(found.agreed, key=lambda agreement: agreement.difference)
    return (
        f"Run on {write_list(groups)} at D = {write_size(largest.size)}, results differ from one device's by at most "
        f"{write_error(largest.difference)}. What a device holds is the compiled program's own account in JAX, and in "
        "torch the live tensors of one process, without what a factorisation takes for itself. On GPUs XLA may choose "
        "other exchanges for the same program."
    )


def _tabulate(shown: Sequence[Spread], most: int) -> Table:
    return tabulate(
        "devices",
        f"One call on {most} devices",
        shown,
        ("row", "Method", lambda s: Cell(f"`{s.method}`", note=name_backend(s.backend))),
        ("counts", "Exchanges of a call", _count_exchanges),
        ("sent", "A device sends", lambda s: write_bytes(s.wire_bytes), True),
        ("formula", "By formula", lambda s: write_bytes(s.formula_bytes), True),
        ("whole", "Gathered", lambda s: Cell("whole W", "bad") if s.gathers else Cell("no")),
        ("peak", "A device holds at most", lambda s: write_bytes(s.peak_bytes), True),
        ("saved", "Of what one device alone holds", lambda s: f"{100 / s.saved:.0f} %" if s.saved else "–", True),
    )


def _count_exchanges(spread: Spread) -> str:
    return ", ".join(f"{number} {kind}" for kind, number in sorted(spread.counts.items())) or "none"


def _show_strong(found: DevicesDigest) -> list[Block]:
    most = max(spread.devices for spread in found.measured)
    size = _at(found, most)[0].size
    backends = sorted({spread.backend for spread in found.measured})
    at_size, at_most = ([s for s in found.measured if s.size == size], [s for s in found.measured if s.devices == most])
    held = [_draw_panel(backend, at_size, "devices", "peak_bytes") for backend in backends]
    sent = [_draw_panel(backend, at_most, "size", "wire_bytes") for backend in backends]
    figures = (
        _draw("devices-held", f"Most that a device holds at D = {write_size(size)}", held, "devices", (1, 2, 4, 8)),
        _draw("devices-sent", f"What a device sends, {most} devices", sent, "D"),
    )
    return [Figures("Memory and traffic of one device", figures), _tabulate_all(found)]


def _draw_panel(backend: str, spreads: Sequence[Spread], axis: str, quantity: str) -> Panel:
    spreads = [spread for spread in spreads if spread.backend == backend]
    palette = assign_colours(spread.method for spread in spreads)
    lines = []
    for method in dict.fromkeys(spread.method for spread in spreads):
        found = sorted((getattr(s, axis), getattr(s, quantity)) for s in spreads if s.method == method)
        points = [(x, y) for x, y in found if y > 0]
        lines.append(Line(method, palette[method], [x for x, _ in points], [Estimate(y) for _, y in points]))
    lines = [line for line in lines if line.sizes]
    ends = ", ".join(f"{line.label} {write_bytes(line.values[-1].value)}" for line in lines)
    backend = name_backend(backend)
    return Panel(backend, f"{backend}, bytes of one device over {axis}; at the right end {ends}.", lines)


def _draw(name: str, title: str, panels: Sequence[Panel], xlabel: str, ticks: Sequence[float] = ()) -> Figure:
    svg = draw_multiples(name, panels, frame(panels, xlabel, "bytes", ticks))
    return Figure(name, title, svg, " ".join(panel.alt for panel in panels))


def _tabulate_all(found: DevicesDigest) -> Table:
    return tabulate(
        "devices-all",
        "Every case",
        found.measured,
        ("row", "Method", lambda s: f"`{s.method}`"),
        ("backend", "Backend", lambda s: name_backend(s.backend)),
        ("size", "D", lambda s: write_size(s.size), True),
        ("devices", "Devices", lambda s: str(s.devices), True),
        ("sent", "A device sends", lambda s: write_bytes(s.wire_bytes), True),
        ("held", "Holds before a call", lambda s: write_bytes(s.held_bytes), True),
        ("peak", "Holds at most", lambda s: write_bytes(s.peak_bytes), True),
        folded=True,
    )


def _show_weak(found: DevicesDigest) -> list[Block]:
    if not found.grown:
        return [Text("No two cases have four times the devices for twice the D.", "note")]
    text = (
        "Twice the D on four times the devices: a device's part of every W is as large as before. An array of the "
        "batch is twice as large, and of it (n − 1) / n are sent, 1/2 on 2 devices and 7/8 on 8; a W that is gathered "
        "is four times as large, on every device."
    )
    table = tabulate(
        "devices-weak",
        "As many numbers of W on each device",
        found.grown,
        ("row", "Method", lambda g: Cell(f"`{g.method}`", note=name_backend(g.backend))),
        ("from", "D on devices", lambda g: f"{write_size(g.size / 2)} on {g.devices // 4}"),
        ("to", "Larger D on more", lambda g: f"{write_size(g.size)} on {g.devices}"),
        ("peak", "A device holds, in times of before", lambda g: _write_times(g.peak_ratio), True),
        ("sent", "A device sends, in times of before", lambda g: _write_times(g.wire_ratio), True),
    )
    return [Text(text), table]


def _write_times(ratio: float | None) -> str:
    return f"{ratio:.2f} ×" if ratio is not None else "–"


def _tell_how() -> Section:
    text = (
        "On real GPUs the same lines run: in torch one process a GPU under `torchrun --nproc-per-node 8`, in JAX one "
        "process a host, with `jax.distributed.initialize` where there are several; `docs/past-one-device.md` has both "
        "scripts. None of it has been timed on several cards."
    )
    return Section("run", "On real devices", (Text(text),))


def _tell_origin(found: DevicesDigest) -> str:
    versions = dict(found.versions)
    dirty = " with changes" if found.dirty else ""
    return (
        f"`{found.command}`; commit {found.commit[:8] if found.commit else '–'}{dirty}; torch "
        f"{versions.get('torch', '?')}, JAX {versions.get('jax', '?')} on {found.processor}, devices emulated; record "
        f"{found.path}."
    )
