"""Past one device as plain values: what was read from programs for several, and what a model says of many."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ..analysis import Analysis
from ..clusters import COPY, FLOPS, MEMORY, QUANTITIES, Quantity, sent_per_s
from ..devices import Sharding

ITEMSIZES = {"float32": 4, "float64": 8}


@dataclass(frozen=True)
class Spread:
    """A method at one `size` cut over so many `devices`, read from its program; of one device.

    counts         exchanges of each kind
    wire_bytes     that it sends; `formula_bytes` by formula
    gathers        whether an array as large as a whole W is exchanged
    held_bytes     before the call
    peak_bytes     at most, results included; `saved` is that of one device alone over it, None where it is unknown
    """

    backend: str
    method: str
    size: int
    devices: int
    counts: dict[str, int]
    wire_bytes: float
    formula_bytes: float
    gathers: bool
    held_bytes: float
    peak_bytes: float
    saved: float | None


@dataclass(frozen=True)
class Agreement:
    """The largest relative `difference` of a result on so many devices from one device's: run, not only compiled."""

    backend: str
    method: str
    size: int
    devices: int
    difference: float


@dataclass(frozen=True)
class Modelled:
    """The least that a call takes on so many GPUs by the model: `seconds`, None where it does not fit into memory.

    `bound` is the part that takes longest: its products, its memory or its links. Products and memory go on at once,
    what is sent comes on top.
    """

    method: str
    size: int
    devices: int
    peak_bytes: float
    fits: bool
    seconds: float | None
    bound: str


@dataclass(frozen=True)
class Grown:
    """Twice the `size` on four times the `devices`, so that each holds as many numbers of W: what one device holds at
    most, `peak_ratio`, and sends, `wire_ratio`, in times of before (None where it sent nothing).
    """

    backend: str
    method: str
    size: int
    devices: int
    peak_ratio: float
    wire_ratio: float | None


@dataclass(frozen=True)
class DevicesDigest:
    """One record: where it is from, its parts, the `assumed` quantities of the model, and how many cases are `astray`:
    send other than the formula says.
    """

    machine: str
    path: str
    command: str
    commit: str | None
    dirty: bool
    processor: str
    versions: tuple[tuple[str, str], ...]
    settings: dict[str, Any]
    measured: tuple[Spread, ...]
    astray: int
    grown: tuple[Grown, ...]
    agreed: tuple[Agreement, ...]
    modelled: tuple[Modelled, ...]
    assumed: tuple[Quantity, ...]


def digest_devices(analysis: Analysis) -> tuple[DevicesDigest, ...]:
    """The newest record of each machine."""
    return tuple(map(_digest, analysis.run.shardings))


def _digest(sharding: Sharding) -> DevicesDigest:
    record = sharding.record
    environment = record.get("environment") or {}
    measured = _read_spreads(record["measured"], ITEMSIZES.get(record["settings"]["dtype"], 4))
    return DevicesDigest(
        machine=sharding.machine,
        path=sharding.path,
        command=str(record.get("command") or ""),
        commit=record.get("commit"),
        dirty=bool(record.get("dirty")),
        processor=str(environment.get("cpu") or "an unnamed processor"),
        versions=tuple(sorted((str(k), str(v)) for k, v in (environment.get("packages") or {}).items())),
        settings=dict(record["settings"]),
        measured=measured,
        astray=sum(abs(s.wire_bytes - s.formula_bytes) > 1e-9 * s.formula_bytes for s in measured),
        grown=_pair(measured),
        agreed=tuple(
            Agreement(str(line.get("backend")), line["method"], line["D"], line["devices"], line["difference"])
            for line in record["agreed"]
        ),
        modelled=tuple(map(_model, record["formulas"])),
        assumed=QUANTITIES,
    )


def _read_spreads(lines: Sequence[dict[str, Any]], itemsize: int) -> tuple[Spread, ...]:
    alone = {
        (line.get("backend"), line["method"], line["D"]): line["peak_bytes"] for line in lines if line["devices"] == 1
    }
    copied = ("method", "devices", "wire_bytes", "formula_bytes", "held_bytes", "peak_bytes")
    found = []
    for line in lines:
        single = alone.get((line.get("backend"), line["method"], line["D"]))
        found.append(
            Spread(
                backend=str(line.get("backend")),
                size=line["D"],
                counts=dict(line.get("counts") or {}),
                gathers=line["largest_bytes"] >= itemsize * line["D"] ** 2,
                **{name: line[name] for name in copied},
                saved=single / line["peak_bytes"] if single and line["peak_bytes"] else None,
            )
        )
    return tuple(found)


def _pair(spreads: Sequence[Spread]) -> tuple[Grown, ...]:
    """Each method's largest case on the most devices beside half its size on a quarter of them."""
    most = max(spread.devices for spread in spreads)
    known = {(s.backend, s.method, s.size, s.devices): s for s in spreads}
    found = {}
    for more in sorted((s for s in spreads if s.devices == most), key=lambda spread: spread.size):
        less = known.get((more.backend, more.method, more.size // 2, most // 4))
        if less is not None and 2 * less.size == more.size and 4 * less.devices == most:
            sent = more.wire_bytes / less.wire_bytes if less.wire_bytes else None
            found[more.backend, more.method] = Grown(
                more.backend, more.method, more.size, most, more.peak_bytes / less.peak_bytes, sent
            )
    return tuple(found.values())


def _model(line: dict[str, Any]) -> Modelled:
    parts = {
        "products": line["flops"] / FLOPS.value,
        "memory": line["bytes"] / COPY.value,
        "links": line["wire_bytes"] / sent_per_s(line["devices"]),
    }
    fits = line["peak_bytes"] <= MEMORY.value
    seconds = max(parts["products"], parts["memory"]) + parts["links"]
    return Modelled(
        size=line["D"],
        **{name: line[name] for name in ("method", "devices", "peak_bytes")},
        fits=fits,
        seconds=seconds if fits else None,
        bound=max(parts, key=lambda name: parts[name]),
    )
